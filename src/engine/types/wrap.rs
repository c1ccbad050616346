//! Makes lists and records behave like Rhai's arrays and maps: each method and operator calls Rhai's own on the array or
//! map inside.

use super::convert::plain;
use super::{List, Record};
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString, Map, NativeCallContext};
use std::any::TypeId;

type Called = Result<Dynamic, Box<EvalAltResult>>;

/// Rhai's methods and operators that leave an array unchanged, with the numbers of further arguments.
const READING: &[(&str, &[usize])] = &[
    ("get", &[1]),
    ("map", &[1]),
    ("filter", &[1]),
    ("contains", &[1]),
    ("index_of", &[1, 2]),
    ("find", &[1, 2]),
    ("find_map", &[1, 2]),
    ("some", &[1]),
    ("all", &[1]),
    ("reduce", &[1, 2]),
    ("reduce_rev", &[1, 2]),
    ("zip", &[2]),
    ("extract", &[1, 2]),
    ("order", &[0, 1]),
    ("order_by", &[1]),
    ("order_desc", &[0]),
    ("+", &[1]),
    ("==", &[1]),
    ("!=", &[1]),
    ("to_string", &[0]),
    ("to_debug", &[0]),
];

/// Rhai's methods and operators that change an array.
const CHANGING: &[(&str, &[usize])] = &[
    ("set", &[2]),
    ("push", &[1]),
    ("append", &[1]),
    ("+=", &[1]),
    ("insert", &[2]),
    ("pad", &[2]),
    ("pop", &[0]),
    ("shift", &[0]),
    ("remove", &[1]),
    ("clear", &[0]),
    ("truncate", &[1]),
    ("chop", &[1]),
    ("reverse", &[0]),
    ("splice", &[2, 3]),
    ("split", &[1]),
    ("for_each", &[1]),
    ("dedup", &[0, 1]),
    ("sort", &[0, 1]),
    ("sort_by", &[1]),
    ("sort_desc", &[0]),
    ("drain", &[1, 2]),
    ("retain", &[1, 2]),
];

/// Rhai's methods and operators that leave a map unchanged, with the numbers of further arguments.
const READING_MAPS: &[(&str, &[usize])] = &[
    ("map", &[1]),
    ("filter", &[1]),
    ("+", &[1]),
    ("==", &[1]),
    ("!=", &[1]),
    ("to_string", &[0]),
    ("to_debug", &[0]),
];

/// Rhai's methods and operators that change a map.
const CHANGING_MAPS: &[(&str, &[usize])] = &[
    ("set", &[2]),
    ("clear", &[0]),
    ("remove", &[1]),
    ("mixin", &[1]),
    ("+=", &[1]),
    ("fill_with", &[1]),
    ("drain", &[1]),
    ("retain", &[1]),
];

/// Rhai's methods and operators that take an array or a map as their last argument.
const TAKING: &[(&str, usize)] = &[
    ("append", 1),
    ("+", 1),
    ("+=", 1),
    ("==", 1),
    ("!=", 1),
    ("splice", 2),
    ("splice", 3),
    ("mixin", 1),
    ("fill_with", 1),
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
    for name in ["len", "is_empty"] {
        let read = move |list: &mut List| -> Dynamic {
            match name {
                "len" => INT::try_from(list.items().len()).unwrap_or(INT::MAX).into(),
                _ => list.items().is_empty().into(),
            }
        };
        engine.register_fn(name, read).register_get(name, read);
    }
    forward::<List>(engine, READING, false);
    forward::<List>(engine, CHANGING, true);
    engine
        .register_type_with_name::<Record>("map")
        .register_indexer_get(|record: &mut Record, key: ImmutableString| {
            record.map().get(key.as_str()).cloned().unwrap_or_default()
        })
        .register_indexer_set(
            |record: &mut Record, key: ImmutableString, value: Dynamic| {
                record.map_mut().insert(key.as_str().into(), value);
            },
        )
        .register_fn("get", |record: &mut Record, key: ImmutableString| {
            record.map().get(key.as_str()).cloned().unwrap_or_default()
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
    for (name, before) in TAKING {
        for (first, last) in [
            (TypeId::of::<Array>(), TypeId::of::<List>()),
            (TypeId::of::<Map>(), TypeId::of::<Record>()),
        ] {
            let mut types = vec![first];
            types.resize(*before, TypeId::of::<Dynamic>());
            types.push(last);
            engine.register_raw_fn(*name, types, |context, args| {
                let name = context.fn_name().to_owned();
                call_inside(&context, &name, args)
            });
        }
    }
}

/// Registers functions of Rhai for a type of ours.
fn forward<T: Wrapper>(engine: &mut Engine, functions: &[(&'static str, &[usize])], changes: bool) {
    for (name, counts) in functions {
        for count in *counts {
            let mut types = vec![TypeId::of::<T>()];
            types.resize(count + 1, TypeId::of::<Dynamic>());
            let name = *name;
            engine.register_raw_fn(name, types, move |context, args| -> Called {
                let Some((first, rest)) = args.split_first_mut() else {
                    return Ok(Dynamic::UNIT);
                };
                if changes && first.is_read_only() {
                    let name = name.to_owned();
                    return Err(EvalAltResult::ErrorNonPureMethodCallOnConstant(
                        name,
                        context.call_position(),
                    )
                    .into());
                }
                // Held until the end, so a closure that uses the same list gets Rhai's error about a data race.
                let Some(mut held) = first.write_lock::<T>() else {
                    return Ok(Dynamic::UNIT);
                };
                let mut inside = held.open(changes);
                let mut all: Vec<&mut Dynamic> = vec![&mut inside];
                all.extend(rest.iter_mut().map(|it| &mut **it));
                let result = call_inside(&context, name, &mut all);
                held.close(inside);
                result
            });
        }
    }
}

/// Calls Rhai's function of this name. Lists and records among the further arguments become arrays and maps.
fn call_inside(context: &NativeCallContext<'_>, name: &str, args: &mut [&mut Dynamic]) -> Called {
    for argument in args.iter_mut().skip(1) {
        let value = std::mem::take(*argument);
        **argument = plain(value);
    }
    context.call_native_fn_raw(name, true, args)
}
