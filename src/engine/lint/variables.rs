//! Finds undefined variables.

use super::LintedSource;
use crate::engine::compile;
use crate::engine::interpreter::language;
use crate::engine::registry::VARIABLES;
use crate::engine::syntax::SourceText;
use rhai::{EvalAltResult, Module, ParseErrorType, Scope};

/// Maximum number of reported names. Each costs a parse.
const MOST: usize = 20;

/// Parses the source with Rhai's strict rules, which report one unknown variable at a time.
pub(super) fn check(source: &LintedSource<'_>, text: &str) {
    // A script that checks whether a variable exists may use it afterwards.
    let tokens = SourceText::read(text);
    if (0..tokens.len()).any(|index| tokens.slice(index) == "is_def_var") {
        return;
    }
    let mut engine = language();
    engine.set_strict_variables(true);
    let mut scope = Scope::new();
    for (name, _) in VARIABLES {
        scope.push(*name, ());
    }
    let sources = &source.linter.sources;
    for _ in 0..MOST {
        let Err(error) = compile::compile_in(&engine, sources, source.name, text, &scope) else {
            return;
        };
        match error.err_type() {
            ParseErrorType::VariableUndefined(name) if !scope.contains(name) => {
                let unknown = EvalAltResult::ErrorVariableNotFound(name.clone(), error.position());
                source.linter.script_error(source.name, unknown);
                scope.push(name.clone(), ());
            }
            // Modules are checked elsewhere.
            ParseErrorType::ModuleUndefined(name) => {
                engine.register_static_module(name, Module::new().into());
            }
            _ => return,
        }
    }
}
