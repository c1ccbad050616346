//! The state that the sources of candidates use: the session, and the code before the cursor.

use super::chain::Chain;
use super::code::CursorCode;
use super::members;
use super::offer::Offer;
use super::place::{CallSlot, CompletionKind, CompletionPlace};
use crate::connection::Connection;
use crate::engine::registry::{self, Function};
use crate::engine::types::{DefinedNames, Shape};
use crate::session::Session;
use std::rc::Rc;

/// The state that sources use.
pub(super) struct CompletionContext<'a> {
    pub(super) session: &'a Rc<Session>,
    pub(super) names: &'a DefinedNames,
    pub(super) code: &'a CursorCode<'a>,
    pub(super) place: &'a CompletionPlace<'a>,
}

impl CompletionContext<'_> {
    /// Returns the function of a slot.
    pub(super) fn function(&self, slot: &CallSlot<'_>) -> Option<&'static Function> {
        let function = registry::find(slot.function)?;
        let mut own = self.names.functions.iter();
        let own = own.any(|own| own.name == slot.function);
        let is_it = match &slot.receiver {
            None => !own,
            Some(chain) => {
                let shape = self.shape(chain);
                function.method && matches!(shape, Shape::Connection(_) | Shape::Unknown)
            }
        };
        is_it.then_some(function)
    }

    /// Returns the slot whose value is being typed.
    pub(super) fn slot(&self) -> Option<&CallSlot<'_>> {
        match &self.place.kind {
            CompletionKind::Value(slot) => Some(slot),
            _ => None,
        }
    }

    /// Returns the connection that the slot's call uses, if known.
    pub(super) fn connection(&self) -> Option<Rc<Connection>> {
        let receiver = self.slot().and_then(|slot| slot.receiver.as_ref());
        match receiver.map(|chain| self.shape(chain)) {
            None => self.session.current(),
            Some(Shape::Connection(connection)) => connection,
            Some(_) => None,
        }
    }

    /// Returns the shape of an expression's value.
    pub(super) fn shape(&self, chain: &Chain<'_>) -> Shape {
        members::shape(chain, self.code, self.names)
    }

    /// Quotes each offer for the open quote, or with its own.
    pub(super) fn quoted(&self, offers: impl IntoIterator<Item = Offer>) -> Vec<Offer> {
        let quote = self.place.quote;
        let offers = offers.into_iter();
        offers.filter_map(|offer| offer.quoted(quote)).collect()
    }
}
