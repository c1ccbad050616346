//! Makes lists and records behave like Rhai's arrays and maps: each method and operator calls Rhai's own on the array or
//! map inside.

use super::convert::plain;
use super::{List, Record};
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString, Map, NativeCallContext};
use std::any::TypeId;

type Called = Result<Dynamic, Box<EvalAltResult>>;

/// Names of Rhai's functions by their number of further arguments.
type Names = &'static [(usize, &'static str)];

/// Methods and operators that leave an array unchanged.
const READING: Names = &[
    (0, "order order_desc to_string to_debug"),
    (
        1,
        "get map filter contains index_of find find_map some all reduce reduce_rev extract",
    ),
    (1, "order order_by + == !="),
    (2, "index_of find find_map reduce reduce_rev zip extract"),
];
/// Methods and operators that change an array.
const CHANGING: Names = &[
    (0, "pop shift clear reverse dedup sort sort_desc"),
    (
        1,
        "push append += remove truncate chop split for_each dedup sort sort_by drain retain",
    ),
    (2, "set insert pad splice drain retain"),
    (3, "splice"),
];
/// Methods and operators that leave a map unchanged.
const READING_MAPS: Names = &[(0, "to_string to_debug"), (1, "map filter + == !=")];
/// Methods and operators that change a map.
const CHANGING_MAPS: Names = &[
    (0, "clear"),
    (1, "remove mixin += fill_with drain retain"),
    (2, "set"),
];
/// Methods and operators of Rhai's own arrays and maps whose last argument may be a list or a record.
const TAKING: Names = &[
    (1, "append + += == != mixin fill_with"),
    (2, "splice"),
    (3, "splice"),
];

/// A value with an array or a map inside.
trait Wrapper: Clone + 'static {
    /// Takes the array or map out for a call.
    fn open(&mut self, changes: bool) -> Dynamic;
    /// Puts the array or map back.
    fn close(&mut self, inside: Dynamic);
}

impl Wrapper for List {
    fn open(&mut self, changes: bool) -> Dynamic {
        if changes {
            std::mem::take(self.items_mut()).into()
        } else {
            self.take().into()
        }
    }

    fn close(&mut self, inside: Dynamic) {
        self.put_back(inside.try_cast::<Array>().unwrap_or_default());
    }
}

impl Wrapper for Record {
    fn open(&mut self, _changes: bool) -> Dynamic {
        std::mem::take(self.map_mut()).into()
    }

    fn close(&mut self, inside: Dynamic) {
        *self.map_mut() = inside.try_cast::<Map>().unwrap_or_default();
    }
}

/// Registers lists and records.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<List>("array")
        .register_iterator::<List>()
        .register_indexer_get(|list: &mut List, index: INT| -> Called {
            let place = list.place(index)?;
            Ok(list.items().get(place).cloned().unwrap_or_default())
        })
        .register_indexer_set(|list: &mut List, index: INT, value: Dynamic| {
            let place = list.place(index)?;
            if let Some(item) = list.items_mut().get_mut(place) {
                *item = value;
            }
            Ok::<(), Box<EvalAltResult>>(())
        });
    let len = |list: &mut List| INT::try_from(list.items().len()).unwrap_or(INT::MAX);
    let is_empty = |list: &mut List| list.items().is_empty();
    engine.register_fn("len", len).register_get("len", len);
    engine
        .register_fn("is_empty", is_empty)
        .register_get("is_empty", is_empty);
    forward::<List>(engine, READING, false);
    forward::<List>(engine, CHANGING, true);
    engine
        .register_type_with_name::<Record>("map")
        .register_indexer_get(|record: &mut Record, key: ImmutableString| record.get(&key))
        .register_indexer_set(
            |record: &mut Record, key: ImmutableString, value: Dynamic| {
                record.map_mut().insert(key.as_str().into(), value);
            },
        )
        .register_fn("get", |record: &mut Record, key: ImmutableString| {
            record.get(&key)
        })
        .register_fn("contains", |record: &mut Record, key: ImmutableString| {
            record.map().contains_key(key.as_str())
        })
        .register_fn("len", |record: &mut Record| {
            INT::try_from(record.map().len()).unwrap_or(INT::MAX)
        })
        .register_fn("is_empty", |record: &mut Record| record.map().is_empty())
        .register_fn("keys", |record: &mut Record| -> Array {
            record.pairs().map(|(key, _)| key.into()).collect()
        })
        .register_fn("values", |record: &mut Record| -> Array {
            record.pairs().map(|(_, value)| value.clone()).collect()
        });
    forward::<Record>(engine, READING_MAPS, false);
    forward::<Record>(engine, CHANGING_MAPS, true);
    for (count, names) in TAKING {
        for (first, last) in [
            (TypeId::of::<Array>(), TypeId::of::<List>()),
            (TypeId::of::<Map>(), TypeId::of::<Record>()),
        ] {
            let mut types = vec![first];
            types.resize(*count, TypeId::of::<Dynamic>());
            types.push(last);
            for name in names.split(' ') {
                engine.register_raw_fn(name, &types, move |context, args| {
                    call_inside(&context, name, args)
                });
            }
        }
    }
}

/// Registers functions of Rhai for a type of ours.
fn forward<T: Wrapper>(engine: &mut Engine, functions: Names, changes: bool) {
    for (count, names) in functions {
        let mut types = vec![TypeId::of::<T>()];
        types.resize(count + 1, TypeId::of::<Dynamic>());
        for name in names.split(' ') {
            engine.register_raw_fn(name, &types, move |context, args| {
                call::<T>(&context, name, args, changes)
            });
        }
    }
}

/// Calls Rhai's function on the array or map inside the first argument.
fn call<T: Wrapper>(
    context: &NativeCallContext<'_>,
    name: &str,
    args: &mut [&mut Dynamic],
    changes: bool,
) -> Called {
    let Some((first, rest)) = args.split_first_mut() else {
        return Ok(Dynamic::UNIT);
    };
    if changes && first.is_read_only() {
        let (name, position) = (name.to_owned(), context.call_position());
        return Err(EvalAltResult::ErrorNonPureMethodCallOnConstant(name, position).into());
    }
    // Held until the end, so a closure that uses the same list gets Rhai's error about a data race.
    let Some(mut held) = first.write_lock::<T>() else {
        return Ok(Dynamic::UNIT);
    };
    let mut inside = held.open(changes);
    let mut all: Vec<&mut Dynamic> = vec![&mut inside];
    all.extend(rest.iter_mut().map(|it| &mut **it));
    let result = call_inside(context, name, &mut all);
    held.close(inside);
    result
}

/// Calls Rhai's function of this name. Lists and records among the further arguments become arrays and maps.
fn call_inside(context: &NativeCallContext<'_>, name: &str, args: &mut [&mut Dynamic]) -> Called {
    for argument in args.iter_mut().skip(1) {
        let value = std::mem::take(*argument);
        **argument = plain(value);
    }
    context.call_native_fn_raw(name, true, args)
}
