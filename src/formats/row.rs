//! One row object into columns.

use super::batch::PushError;
use super::column::Column;
use super::schema::Schema;

#[derive(Clone, Debug)]
pub(super) struct RowParser {}

pub(super) struct Refusal;
impl Refusal {
    pub(super) fn at_row(self, _: u64) -> PushError {
        PushError::Syntax {
            offset: 0,
            message: String::new(),
        }
    }
}

impl RowParser {
    pub(super) fn new(_: &Schema) -> Self {
        Self {}
    }
    pub(super) fn push(
        &mut self,
        _: &[u8],
        _: &Schema,
        _: &mut [Column],
        _: Option<&mut Column>,
    ) -> Result<(), Refusal> {
        Err(Refusal)
    }
}
