//! Checks strings for the types whose values are strings in every file format.

use super::column::Values;
use super::found::{FoundKind, FoundValue};
use super::geometry;
use super::schema::DataType;
use super::timestamp;

/// Longest part of a text that a message repeats, in characters.
const SHOWN: usize = 60;

/// Returns a text described for a message, shortened if long.
pub(super) fn shown(text: &str) -> FoundValue {
    FoundKind::Text.value(match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("text {:?}…", text.get(..end).unwrap_or_default()),
        None => format!("text {text:?}"),
    })
}

/// Describes a text that is longer than a field allows.
pub(super) fn too_long(text: &str, max_length: usize, shown: &str) -> FoundValue {
    let length = text.len();
    FoundKind::TooLong.value(format!(
        "{length} bytes, more than max_length {max_length}, {shown}"
    ))
}

/// Checks a text against a type with [`DataType::is_text`] and appends it. The error describes the text.
pub(super) fn push(
    data_type: &DataType,
    values: &mut Values,
    text: &str,
) -> Result<(), FoundValue> {
    let found = |why: String| shown(text).because(FoundKind::Text, &why);
    let pushed = match (data_type, values) {
        (DataType::VarChar { max_length }, _) if text.len() > *max_length => {
            return Err(too_long(text, *max_length, &shown(text).text));
        }
        (DataType::VarChar { .. } | DataType::Text, Values::Text(spans)) => {
            spans.push(text.as_bytes())
        }
        (DataType::Geometry, Values::Text(spans)) => {
            spans.push(geometry::normal(text).map_err(found)?.as_bytes())
        }
        (DataType::Timestamptz { timezone }, Values::Int64(values)) => {
            values.push(timestamp::parse(text, timezone).map_err(found)?);
            true
        }
        _ => return Err(shown(text)),
    };
    if pushed {
        return Ok(());
    }
    Err("more than 4 GiB of text in one batch".into())
}
