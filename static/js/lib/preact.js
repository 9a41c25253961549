// The one address of Preact, its hooks and htm; the version stands here and nowhere else.
export * from "../../vendor/htm-preact-3.1.1/standalone.module.js";
