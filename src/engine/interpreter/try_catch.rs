//! `try … catch`, which zshell evaluates itself: Rhai's own gives a script a map or a text for most errors, and loses the
//! position and the call stack.

use crate::engine::compile::Sources;
use crate::engine::script_error::ScriptError;
use crate::error::Failure;
use rhai::{Dynamic, Engine, EvalAltResult, EvalContext, Expression, ImmutableString, Position};

/// The keyword of `try { … } catch (e) { … }`.
const TRY: &str = "try";

type Evaluated = Result<Dynamic, Box<EvalAltResult>>;

/// Replaces Rhai's `try … catch`.
pub(super) fn register(engine: &mut Engine, sources: &Sources) {
    // Only a disabled keyword can begin a custom syntax, and only this call marks it as one that ends an expression.
    engine.disable_symbol(TRY);
    let _ = engine.register_custom_syntax([TRY], true, |_, _| Ok(Dynamic::UNIT));
    let sources = sources.clone();
    engine.register_custom_syntax_with_state_raw(
        TRY,
        |symbols, next, _| Ok(next_symbol(symbols, next).map(ImmutableString::from)),
        true,
        move |context, inputs, _| try_catch(context, inputs, &sources),
    );
}

/// Returns the symbol that follows in `try { … } catch { … }` or `try { … } catch (e) { … }`.
fn next_symbol(symbols: &[ImmutableString], next: &str) -> Option<&'static str> {
    let has_variable = symbols.get(3).map_or(next == "(", |symbol| symbol == "(");
    match (symbols.len(), has_variable) {
        (1, _) | (3, false) | (6, true) => Some("$block$"),
        (2, _) => Some("catch"),
        (3, true) => Some("("),
        (4, true) => Some("$ident$"),
        (5, true) => Some(")"),
        _ => None,
    }
}

/// Evaluates `try … catch`.
fn try_catch(
    context: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    inputs: &[Expression<'_>],
    sources: &Sources,
) -> Evaluated {
    let (body, name, handler) = match inputs {
        [body, handler] => (body, None, handler),
        [body, name, handler] => (body, name.get_string_value(), handler),
        _ => return Ok(Dynamic::UNIT),
    };
    let error = match context.eval_expression_tree(body) {
        Err(error) if !error.is_pseudo_error() && error.is_catchable() => error,
        result => return result,
    };
    let length = context.scope().len();
    let error = match name {
        Some(name) => {
            let value = caught(*error, context.source().unwrap_or_default(), sources);
            context.scope_mut().push_dynamic(name, value.clone());
            Box::new(EvalAltResult::ErrorRuntime(value, Position::NONE))
        }
        None => error,
    };
    let result = context.eval_expression_tree(handler);
    context.scope_mut().rewind(length);
    match result {
        Ok(_) => Ok(Dynamic::UNIT),
        // `throw;` throws the caught error again.
        Err(thrown) if matches!(&*thrown, EvalAltResult::ErrorRuntime(value, _) if value.is_unit()) => {
            Err(error)
        }
        Err(thrown) => Err(thrown),
    }
}

/// Returns the value of an error for a script: a [`Failure`] with the place where it happened, or a thrown value other
/// than text as it is.
fn caught(error: EvalAltResult, source: &str, sources: &Sources) -> Dynamic {
    if let EvalAltResult::ErrorRuntime(value, _) = error.unwrap_inner()
        && !value.is_string()
        && !value.is::<Failure>()
    {
        return value.clone();
    }
    Dynamic::from(ScriptError::new(error, source, sources).into_caught())
}
