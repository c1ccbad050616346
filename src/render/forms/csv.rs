//! CSV (RFC 4180): lists of maps as rows, nested values as JSON text.

use std::io::{self, Write};

use super::{OutputRows, field, for_screen, plain};
use crate::render::style::Screen;

/// Writes a header line and the rows. A map is one row. A list with other items is one column named `value`. Null is
/// an empty field.
pub(in crate::render) fn write(
    out: &mut dyn Write,
    rows: OutputRows<'_>,
    screen: &Screen,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let (names, whole) = (rows.names, rows.whole);
    let header = names.iter().map(|name| for_screen(name.clone(), screen));
    writer.write_record(header).map_err(io_error)?;
    for row in rows.items {
        let fields = names.iter().map(|name| plain(field(&row, name, whole)));
        let fields = fields.map(|text| for_screen(text, screen));
        writer.write_record(fields).map_err(io_error)?;
    }
    writer.flush()
}

/// Returns the stream's own error, so a closed pipe can be recognized.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
