//! Connects the engine to the session: zshell's functions, global variables, `print`, and polling of the interrupt
//! flag.

use crate::engine::call::{Call, Function};
use crate::engine::limits::SizeGuard;
use crate::engine::registry;
use crate::error::Failure;
use crate::session::Session;
use crate::session::log::LogLevel;
use crate::text::words;
use rhai::{
    Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, NativeCallContext, Position,
};
use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::rc::Rc;

/// Number of operations between two checks of the interrupt flag.
const CHECK_EVERY: u32 = 256;

/// The global variables.
pub(super) type Globals = Rc<RefCell<BTreeMap<String, Dynamic>>>;

/// Registers every function of the table for each number of arguments.
pub(super) fn register_functions(engine: &mut Engine, session: &Rc<Session>) {
    for function in registry::functions() {
        let (min, max) = function.arity;
        let max = max + usize::from(function.method);
        for count in min..=max {
            register(
                engine,
                session,
                function,
                vec![TypeId::of::<Dynamic>(); count],
            );
        }
        if function.replaces {
            // Rhai's own function has exact types and would win over one that takes any value.
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
            // A stop of the whole run can't be caught.
            Err(failure) if session.interrupt.check().is_err() => Err(stop(Dynamic::from(failure))),
            Err(failure) => {
                let caught = Dynamic::from(failure);
                Err(EvalAltResult::ErrorRuntime(caught, Position::NONE).into())
            }
        }
    };
    engine.register_raw_fn(function.name, types, run);
}

/// Returns the error that ends the script and can't be caught.
fn stop(token: Dynamic) -> Box<EvalAltResult> {
    EvalAltResult::ErrorTerminated(token, Position::NONE).into()
}

#[expect(deprecated, reason = "Rhai's mark for an API that may change")]
/// Installs global variables, `print`, `debug`, and polling of the interrupt flag.
pub(super) fn install_hooks(
    engine: &mut Engine,
    session: &Rc<Session>,
    globals: &Globals,
    sizes: Rc<SizeGuard>,
) {
    let variables = Rc::clone(globals);
    let arguments = Rc::clone(session);
    let measured = Rc::clone(&sizes);
    engine.on_var(move |name, _, context| {
        if let Some(this) = context.this_ptr() {
            measured.check("this", this)?;
        }
        // A variable of the script hides a global one.
        if let Some(value) = context.scope().get(name) {
            return measured.check(name, value).map(|()| None);
        }
        Ok(if name == "opts" {
            let opts = Dynamic::from(arguments.arguments.borrow().opts.clone());
            Some(opts.into_read_only())
        } else {
            variables.borrow().get(name).cloned()
        })
    });
    let printer = Rc::clone(session);
    engine.on_print(move |text| {
        // Text of a service mustn't control the terminal. A pipe or file gets all characters.
        let safe = words::safe(text);
        let text = if safe != text && io::stdout().is_terminal() {
            &safe
        } else {
            text
        };
        // A closed pipe raises the interrupt flag, which ends the script.
        let _ = printer.write(|out| writeln!(out, "{text}"));
    });
    let debugger = Rc::clone(session);
    engine.on_debug(move |text, source, position| {
        let place = source.map_or_else(String::new, |source| format!("{source}:"));
        let line = format!("[{place}{position}] {text}");
        debugger.log().line(LogLevel::Debug, &line);
    });
    let interrupt = session.interrupt.clone();
    // Counted here, because Rhai restarts its count in each closure that a builtin calls (`filter`, `map` …).
    let passed = Cell::new(0);
    engine.on_progress(move |_| {
        passed.set((passed.get() + 1) % CHECK_EVERY);
        let regular = passed.get() == 0;
        if let Err(failure) = sizes.check_memory(regular) {
            return Some(Dynamic::from(failure));
        }
        let stop = regular.then(|| interrupt.check().err())??;
        Some(Dynamic::from(Failure::from(stop)))
    });
}
