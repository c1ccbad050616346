//! `connect`: the choice of a service.

use crate::connection::Connection;
use crate::engine::call::{Call, Function};
use crate::engine::connecting::{self, OPTIONS, Origin};
use crate::engine::describe::{ExamplePlace, Family, Takes};
use crate::engine::types::{Gives, ScriptType, as_text, map_of};
use crate::error::Failure;
use rhai::Dynamic;
use std::rc::Rc;

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Connect.table([Function::new(
    &[
        "connect()",
        "connect(\"local\")",
        "connect(profile)",
        "connect(endpoint)",
        "connect(#{…})",
        "connect(connection)",
    ],
    "connects to a service, and checks that it answers",
    "connect(\"local\")",
    connect,
)
.takes(&[Takes::Profile])
.options(OPTIONS)
.gives(Gives::One(Rc::<Connection>::TYPE))
.also_in(
    ExamplePlace::ZillizCloud,
    "connect(\"https://in03-3bf3c31f4248e22.api.aws-us-east1.zillizcloud.com\")",
)
.related(&["clusters", "collections", "jobs"])
.no_method()
.script_only()]);

fn connect(call: &Call) -> Result<Dynamic, Failure> {
    let Some(argument) = call.args.first() else {
        return connecting::by_default(call.session).map(Dynamic::from);
    };
    let connection = if let Some(connection) = argument.clone().try_cast::<Rc<Connection>>() {
        connection
    } else if let Some(name) = as_text(argument) {
        connecting::by_name(call.session, name.trim())?
    } else if map_of(argument).is_some() {
        Rc::new(connecting::build(
            call.session,
            &call.options(0)?,
            &Origin::Options,
        )?)
    } else {
        return Err(call.wrong_type("takes text, a map #{…} or a connection", argument));
    };
    call.session.use_connection(Rc::clone(&connection));
    Ok(Dynamic::from(connection))
}
