//! The encoder and decoder traits, configs, selection and fallback, and the conformance suite.
