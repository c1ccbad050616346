//! Finds undefined variables.

use super::{LintedSource, Linter};
use crate::engine::compile;
use crate::engine::explain::{self, At};
use crate::engine::interpreter::language;
use crate::engine::registry::VARIABLES;
use crate::engine::syntax::SourceText;
use rhai::{EvalAltResult, Module, ParseErrorType, Scope};

/// Maximum number of reported names. Each costs a parse.
const MOST: usize = 20;

/// Parses the source with Rhai's strict rules, which report one unknown variable at a time.
pub(super) fn check(linter: &Linter, source: &LintedSource<'_>, text: &str) {
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
    for _ in 0..MOST {
        let result = compile::compile_in(&engine, &linter.sources, source.name, text, &scope);
        let Err(error) = result else {
            return;
        };
        let name = match error.err_type() {
            ParseErrorType::VariableUndefined(name) => name,
            // Modules are checked elsewhere.
            ParseErrorType::ModuleUndefined(name) => {
                engine.register_static_module(name, Module::new().into());
                continue;
            }
            _ => return,
        };
        if scope.contains(name) {
            return;
        }
        let (name, position) = (name.clone(), error.position());
        let line = position
            .line()
            .and_then(|line| linter.sources.line(source.name, line));
        let at = At {
            line: line.as_deref().unwrap_or_default(),
            column: position.position().unwrap_or(0),
            in_function: false,
            sources: &linter.sources,
        };
        let unknown = EvalAltResult::ErrorVariableNotFound(name.clone(), position);
        linter
            .report
            .error(source.name, position, explain::explain(&unknown, &at));
        scope.push(name, ());
    }
}
