/** The service's settings in tests. */
export const SECRETS = {
  ADMIN_TOKEN: "the-operator-of-the-tests-0123456789",
  TOKEN_SECRET: "new:a-secret-of-the-tests-0123456789-new,old:a-secret-of-the-tests-0123456789-old",
};
