//! Header of an `.npy` file: type and number of the values, and their position in the file.
//!
//! The header is one line of fixed form, so it's parsed here. The crate for it (npyz) would add a parser generator and
//! big-number arithmetic, doubling this module's build time. It also reads values only from streams, while zshell reads
//! these files by range.

use crate::stores::read_at::ReadAt;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Maximum length of a header in bytes. Headers of arrays of plain values have 118 bytes or slightly more.
const MAX_HEADER: usize = 64 << 10;

/// Description of a file's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) dtype: Dtype,
    /// Number of elements along each axis.
    pub(super) shape: Vec<u64>,
    /// Offset of the values in the file, in bytes.
    pub(super) data: u64,
}

/// Type of the elements. `Display` formats it as `NumPy` does, e.g. `<f4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dtype {
    pub(super) big_endian: bool,
    /// Type letter: `b` bool, `i` signed, `u` unsigned, `f` float, `U` unicode, `S` bytes, or another.
    pub(super) kind: u8,
    /// Size as written in the header: bytes, or characters for `U`.
    pub(super) size: u64,
    /// Text of the type in the header.
    text: String,
}

impl Dtype {
    /// Returns the bytes per element.
    pub(super) fn bytes(&self) -> u64 {
        match self.kind {
            b'U' => self.size.saturating_mul(4),
            _ => self.size,
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("the dtype {text:?} cannot be imported{}", hint(text));
        let (order, rest) = match text.as_bytes() {
            [order @ (b'<' | b'>' | b'|' | b'='), ..] => {
                (*order, text.get(1..).unwrap_or_default())
            }
            _ => (b'|', text),
        };
        let kind = *rest.as_bytes().first().ok_or_else(unknown)?;
        let size = rest.get(1..).and_then(|size| size.parse().ok());
        let size = match (kind, size) {
            (b'?', None) => 1,
            (_, Some(size)) => size,
            _ => return Err(unknown()),
        };
        let fine = match (kind, size) {
            (b'b' | b'?', 1) | (b'i' | b'u', 1 | 2 | 4 | 8) | (b'f', 2 | 4 | 8) => true,
            (b'U' | b'S' | b'a', size) => u32::try_from(size).is_ok(),
            _ => false,
        };
        if !fine {
            return Err(unknown());
        }
        Ok(Self {
            big_endian: order == b'>',
            kind: match kind {
                b'a' => b'S',
                b'?' => b'b',
                kind => kind,
            },
            size,
            text: text.to_owned(),
        })
    }
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn hint(dtype: &str) -> &'static str {
    if dtype.contains('O') {
        ": an array of Python objects is a pickle, which no import reads; save text with \
         array.astype(str), and write fields with nulls to Parquet or JSON instead"
    } else if dtype.contains('V') {
        ": save bfloat16 with array.view(numpy.uint8), structured arrays one field a file"
    } else {
        ""
    }
}

impl Header {
    /// Returns the number of elements per row.
    pub(super) fn width(&self) -> u64 {
        self.shape.get(1).copied().unwrap_or(1)
    }

    /// Reads the header.
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self, String> {
        let mut start = [0; 12];
        let short = usize::try_from(file.size()).map_or(12, |size| size.min(12));
        let begin = start.get_mut(..short).unwrap_or_default();
        file.read_at(0, begin).map_err(|error| error.to_string())?;
        let (length, at) = match start.strip_prefix(MAGIC) {
            Some([1, _, a, b, ..]) => (usize::from(u16::from_le_bytes([*a, *b])), 10),
            Some([2 | 3, _, a, b, c, d]) => {
                let length = u32::from_le_bytes([*a, *b, *c, *d]);
                (usize::try_from(length).unwrap_or(usize::MAX), 12)
            }
            Some([version, ..]) => {
                return Err(format!("version {version} of the format is not known"));
            }
            _ => {
                let magic = MAGIC.escape_ascii().to_string();
                return Err(format!("it does not begin with {magic:?}"));
            }
        };
        if length > MAX_HEADER {
            return Err(format!("its header has {length} bytes"));
        }
        let mut text = vec![0; length];
        file.read_at(at, &mut text)
            .map_err(|_| "it ends within its header".to_owned())?;
        let text = String::from_utf8_lossy(&text);
        let mut header = parse(&text)?;
        header.data = at + length as u64;
        Ok(header)
    }
}

/// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, with the keys in any order.
fn parse(text: &str) -> Result<Header, String> {
    let garbled = || format!("its header cannot be understood: {:?}", cut(text));
    let value = |key: &str| {
        let at = [format!("'{key}'"), format!("\"{key}\"")]
            .iter()
            .find_map(|quoted| Some(text.find(quoted.as_str())? + quoted.len()))?;
        let rest = text.get(at..)?.trim_start().strip_prefix(':')?;
        Some(rest.trim_start())
    };
    let descr = value("descr").ok_or_else(garbled)?;
    if descr.starts_with('[') {
        return Err("it is a structured array; save each field in a file of its own".to_owned());
    }
    let quote = descr.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let descr = quote.and_then(|quote| descr.get(1..)?.split(quote).next());
    let dtype = Dtype::parse(descr.ok_or_else(garbled)?)?;
    let fortran = value("fortran_order").ok_or_else(garbled)?;
    let shape = value("shape").ok_or_else(garbled)?;
    let (shape, _) = shape
        .strip_prefix('(')
        .and_then(|shape| shape.split_once(')'))
        .ok_or_else(garbled)?;
    let axes = shape
        .split(',')
        .map(str::trim)
        .filter(|axis| !axis.is_empty());
    // Python 2 wrote `3L` for 3.
    let axes = axes.map(|axis| axis.trim_end_matches('L').parse().ok());
    let shape: Vec<u64> = axes.collect::<Option<_>>().ok_or_else(garbled)?;
    if fortran.starts_with("True") && shape.len() > 1 {
        return Err(
            "it is in Fortran order, column after column; save numpy.ascontiguousarray(array)"
                .to_owned(),
        );
    }
    Ok(Header {
        dtype,
        shape,
        data: 0,
    })
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_parsed_in_every_spelling() {
        for text in [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n",
            "{\"shape\":(3L,4L),\"fortran_order\":False,\"descr\":\"<f4\"}",
        ] {
            let header = parse(text).unwrap();
            assert_eq!(header.shape, [3, 4]);
            assert_eq!((header.dtype.kind, header.dtype.bytes()), (b'f', 4));
        }
        let plain =
            |descr: &str| format!("{{'descr': '{descr}', 'fortran_order': True, 'shape': (3,)}}");
        let dtype = |descr| parse(&plain(descr)).unwrap().dtype;
        assert_eq!((dtype(">U5").bytes(), dtype(">U5").big_endian), (20, true));
        assert_eq!((dtype("|S5").bytes(), dtype("|S5").kind), (5, b'S'));
        assert_eq!((dtype("?").bytes(), dtype("|b1").kind), (1, b'b'));
    }

    #[test]
    fn unsupported_arrays_are_explained() {
        let problem = |text: &str| parse(text).unwrap_err();
        let shaped = |descr: &str| {
            problem(&format!(
                "{{'descr': {descr}, 'fortran_order': False, 'shape': (3,)}}"
            ))
        };
        assert!(shaped("'|O'").contains("pickle"));
        assert!(shaped("'<V2'").contains("uint8"));
        assert!(shaped("[('a', '<f4')]").contains("structured"));
        assert!(shaped("'<M8[ns]'").contains("cannot be imported"));
        assert!(shaped("'<i3'").contains("cannot be imported"));
        assert!(shaped("'<U99999999999'").contains("cannot be imported"));
        let fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4)}";
        assert!(problem(fortran).contains("Fortran"));
        for text in [
            "",
            "{}",
            "{'descr': ",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (x,)}",
        ] {
            assert!(problem(text).contains("cannot be understood"), "{text}");
        }
    }
}
