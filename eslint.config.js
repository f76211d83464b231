// ESLint for our scripts: the recommended rules, and those that find faults. How a line looks is not its business.

import js from "@eslint/js";
import globals from "globals";
import { parser, plugin } from "typescript-eslint";

const BROWSER = "portal/static/**/*.js";
const NODE = ["tests/**/*.js", "tests/**/*.cjs", "eslint.config.js"];
const TEST = { from: "package", package: "node:test", name: ["test", "before", "after", "beforeEach", "afterEach"] };

export default [
  { ignores: ["portal/static/vendor/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      eqeqeq: "error",
      "no-constructor-return": "error",
      "no-self-compare": "error",
      "no-template-curly-in-string": "error",
      "no-unreachable-loop": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
      radix: "error",
    },
  },
  { files: [BROWSER], languageOptions: { globals: globals.browser } },
  { files: NODE, languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  {
    // Rules that need types. The first two find a failure of which nobody hears.
    files: [BROWSER, "tests/js/**/*.js"],
    languageOptions: { parser, parserOptions: { project: ["tsconfig.json", "tests/js/tsconfig.json"] } },
    plugins: { types: plugin },
    rules: {
      "types/no-floating-promises": ["error", { allowForKnownSafeCalls: [TEST] }],
      "types/no-misused-promises": "error",
      "types/await-thenable": "error",
      "types/no-for-in-array": "error",
      "types/only-throw-error": "error",
    },
  },
  {
    // Browsers that cannot read our modules read this one.
    files: ["portal/static/site/not_started.js"],
    languageOptions: { ecmaVersion: 5, sourceType: "script", parser: undefined },
    rules: { "no-var": "off" },
  },
];
