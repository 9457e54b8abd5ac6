import { work } from "./agent.js";
import { Budget, fetchSession, Refused } from "./budget.js";

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** @param {string} line */
function tell(line) {
  const item = document.createElement("li");
  item.textContent = line;
  element("log").append(item);
}

/** Enables a button, does something at each click of it, and shows the result. @param {string} id @param {() => Promise<void>} action */
function onClick(id, action) {
  element(id).addEventListener("click", async () => {
    try {
      await action();
    } catch (error) {
      // If a page may not read an answer, the browser only says that the fetch failed.
      tell(error instanceof Refused ? `refused, ${error.message}` : `failed, ${error}`);
    }
    tell("done");
  });
  element(id).removeAttribute("disabled");
}

const session = await fetchSession();
const budget = new Budget(session);
element("site").textContent = location.origin;
element("service").textContent = session.service;
element("user").textContent = session.user;

onClick("work", () => work(budget, tell));

onClick("reserve", async () => {
  const { id } = await budget.reserve({ tokens: 2000 });
  tell(`held as ${id}`);
  const { state } = await budget.release(id);
  tell(`given back: ${state}`);
});

/** @param {string} user */
async function tellUsage(user) {
  const { calls, tokens_total } = await budget.usageFor(user);
  tell(`${user} has spent ${tokens_total} tokens in ${calls} calls`);
}
onClick("usage", () => tellUsage(session.user));
onClick("bob", () => tellUsage("bob"));

onClick("tenant", async () => {
  const { state } = await budget.ofTenant("globex").allowsStep();
  tell(`globex says ${state}`);
});
