//! What ties the engine to the session: our functions, variables, `print`, and the look at the interrupt flag.

use crate::engine::call::Call;
use crate::engine::registry::{self, Function};
use crate::error::Failure;
use crate::session::Session;
use crate::session::log::Level;
use rhai::{
    Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, NativeCallContext, Position,
};
use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The interrupt flag is looked at every so many operations.
const CHECK_EVERY: u32 = 256;

/// The variables that are visible everywhere.
pub(super) type Globals = Rc<RefCell<BTreeMap<String, Dynamic>>>;

/// Registers every function of the table, for each number of arguments it takes.
pub(super) fn register_functions(engine: &mut Engine, session: &Rc<Session>) {
    for function in registry::functions() {
        let (least, most) = function.arity;
        let most = most + usize::from(function.method);
        for count in least..=most {
            register(
                engine,
                session,
                function,
                vec![TypeId::of::<Dynamic>(); count],
            );
        }
        if function.replaces {
            // Rhai's own function has an exact type, which would win over one that takes anything.
            for exact in [
                TypeId::of::<INT>(),
                TypeId::of::<FLOAT>(),
                TypeId::of::<ImmutableString>(),
            ] {
                register(engine, session, function, vec![exact]);
            }
        }
    }
}

fn register(
    engine: &mut Engine,
    session: &Rc<Session>,
    function: &'static Function,
    types: Vec<TypeId>,
) {
    let session = Rc::clone(session);
    let run = move |_: NativeCallContext, args: &mut [&mut Dynamic]| {
        let args = args.iter().map(|arg| arg.flatten_clone()).collect();
        let result = Call::new(&session, function, args).and_then(|call| call.perform());
        match result {
            Ok(_) if session.exit_code().is_some() => Err(stop(Dynamic::UNIT)),
            Ok(value) => Ok(value),
            // What stops the whole run cannot be caught.
            Err(failure) if session.interrupt.check().is_err() => Err(stop(Dynamic::from(failure))),
            Err(failure) => Err(thrown(failure)),
        }
    };
    engine.register_raw_fn(function.name, types, run);
}

/// A failure as a script can catch it.
fn thrown(failure: Failure) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(
        Dynamic::from(failure),
        Position::NONE,
    ))
}

/// The end of the script, which cannot be caught.
fn stop(token: Dynamic) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorTerminated(token, Position::NONE))
}

#[expect(deprecated, reason = "Rhai's mark for an API that may change")]
/// Global variables, `print`, `debug`, and the look at the interrupt flag.
pub(super) fn install_hooks(engine: &mut Engine, session: &Rc<Session>, globals: &Globals) {
    let variables = Rc::clone(globals);
    let arguments = Rc::clone(session);
    engine.on_var(move |name, _, context| {
        // A variable of the script's own hides ours.
        let hidden = context.scope().contains(name);
        Ok(if hidden {
            None
        } else if name == "opts" {
            Some(arguments.arguments.opts().into_read_only())
        } else {
            variables.borrow().get(name).cloned()
        })
    });
    let printer = Rc::clone(session);
    engine.on_print(move |text| {
        // A closed pipe raises the interrupt flag, which ends the script; nothing else to do here.
        let _ = printer.write(|out| writeln!(out, "{text}"));
    });
    let debugger = Rc::clone(session);
    engine.on_debug(move |text, source, position| {
        let place = source.map_or_else(String::new, |source| format!("{source}:"));
        let line = format!("[{place}{position}] {text}");
        debugger.log().line(Level::Debug, &line);
    });
    let interrupt = session.interrupt.clone();
    // Counted here, since each closure that a function of Rhai's calls (`filter`, `map` …) counts from the same number.
    let passed = Cell::new(0);
    engine.on_progress(move |_| {
        passed.set((passed.get() + 1) % CHECK_EVERY);
        if passed.get() != 0 {
            return None;
        }
        let stop = interrupt.check().err()?;
        Some(Dynamic::from(Failure::from(stop)))
    });
}
