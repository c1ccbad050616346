//! `alias`, `aliases`, `drop_alias`: other names of collections.

use super::catalog::{change, missing};
use crate::api::catalog as calls;
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Confirm, Family, SessionEffect, Takes};
use crate::engine::types::{Gives, List, ordered};
use crate::error::Failure;
use rhai::Dynamic;
use serde_json::json;

/// The keys of an alias.
const ALIAS: &[&str] = &["alias", "collection"];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Collections.table([
    Function::new(
        &["alias(name, collection)"],
        "points an alias, new or existing, at a collection; the result is the previous collection",
        "alias(\"library\", \"books\")",
        alias,
    )
    .takes(&[Takes::Alias, Takes::Collection])
    .effect(SessionEffect::ChangesNames)
    .gives(Gives::Text)
    .related(&["aliases", "drop_alias", "describe"]),
    Function::new(
        &["aliases()", "aliases(collection)"],
        "lists the aliases of the database or of a collection, with the collections that they point to",
        "aliases()",
        aliases,
    )
    .takes(&[Takes::Collection])
    .gives(Gives::Maps(ALIAS))
    .related(&["alias", "drop_alias"]),
    Function::new(
        &["drop_alias(name)"],
        "drops an alias; the collection stays",
        "drop_alias(\"library\")",
        |call| change(call, calls::DROP_ALIAS, &["aliasName"], "dropped alias"),
    )
    .takes(&[Takes::Alias])
    .effect(SessionEffect::ChangesNames)
    .destroys(Confirm::Name(0))
    .unless_missing(|call| missing(call, calls::ALIASES, &["aliasName"], "alias"))
    .related(&["aliases", "alias"]),
]);

/// Creates or changes the alias. If the alias points to the collection already, nothing is sent.
fn alias(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the alias")?;
    let collection = call.text(1, "the collection")?;
    let client = &call.connection()?.client;
    let exists = client.aliases(None)?.contains(&name);
    let before = exists.then(|| client.describe_alias(&name)).transpose()?;
    if before.as_ref() == Some(&collection) {
        let notice = format!("the alias {name} points to {collection} already");
        call.session.notice(&notice);
    } else {
        client.set_alias(&name, &collection, exists)?;
        let before = before.as_ref();
        let instead = before.map(|before| format!(" instead of {before}"));
        let instead = instead.unwrap_or_default();
        let change = format!("the alias {name} points to {collection}{instead}");
        call.session.changed(&change);
    }
    Ok(before.map_or(Dynamic::UNIT, Dynamic::from))
}

fn aliases(call: &Call) -> Result<Dynamic, Failure> {
    let collection = call.args.first().map(|_| call.text(0, "the collection"));
    let collection = collection.transpose()?;
    let client = &call.connection()?.client;
    let mut rows = Vec::new();
    for alias in client.aliases(collection.as_deref())? {
        let target = match &collection {
            Some(collection) => collection.clone(),
            None => client.describe_alias(&alias)?,
        };
        rows.push(ordered(json!({"alias": alias, "collection": target})));
    }
    Ok(Dynamic::from(List::of("alias", rows)))
}
