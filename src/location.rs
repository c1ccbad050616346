//! Object paths: parse, validate, name the store and the format.
