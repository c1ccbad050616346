//! Reader of Thrift's compact protocol, in which a Parquet file's footer and page headers are written.
//!
//! The Parquet library doesn't offer its own reader of page headers, and it allocates what they announce. Specification:
//! `thrift/doc/specs/thrift-compact-protocol.md`.

/// Maximum nesting of structs and lists.
const MAX_DEPTH: usize = 32;

/// Reason why bytes can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThriftError {
    /// More bytes are needed.
    Short,
    Invalid,
}

type Result<T> = std::result::Result<T, ThriftError>;

/// Type of a field or list element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThriftType {
    True,
    False,
    /// An integer of 16, 32 or 64 bits.
    Int,
    Byte,
    Double,
    Binary,
    List,
    Map,
    Struct,
    Uuid,
}

/// Bytes of the compact protocol that weren't read yet.
pub(super) struct ThriftReader<'a>(pub(super) &'a [u8]);

impl ThriftReader<'_> {
    /// Reads the fields of a struct. `read` must consume the value of each field, e.g. with [`Self::skip`].
    pub(super) fn fields(
        &mut self,
        mut read: impl FnMut(&mut Self, i64, ThriftType) -> Result<()>,
    ) -> Result<()> {
        let mut id = 0_i64;
        loop {
            let byte = self.byte()?;
            if byte.trailing_zeros() >= 4 {
                return Ok(());
            }
            let field = field_type(byte & 0x0f)?;
            match byte >> 4 {
                0 => id = self.int()?,
                delta => id += i64::from(delta),
            }
            // A field's number has 16 bits, and the library ignores further ones.
            i16::try_from(id).map_err(|_| ThriftError::Invalid)?;
            read(self, id, field)?;
        }
    }

    /// Reads a list of structs. `read` must consume each struct, and gets the number of structs that follow it.
    pub(super) fn structs(
        &mut self,
        mut read: impl FnMut(&mut Self, u64) -> Result<()>,
    ) -> Result<()> {
        let count = self.list_of(ThriftType::Struct)?;
        (0..count).rev().try_for_each(|left| read(self, left))
    }

    /// Skips a list of integers.
    pub(super) fn ints(&mut self) -> Result<()> {
        let count = self.list_of(ThriftType::Int)?;
        self.skip_all(count, ThriftType::Int, 0)
    }

    /// Reads the start of a list of this type. Returns the number of elements.
    fn list_of(&mut self, expected: ThriftType) -> Result<u64> {
        match self.list()? {
            (count, Some(found)) if found == expected => Ok(count),
            (0, _) => Ok(0),
            _ => Err(ThriftError::Invalid),
        }
    }

    /// Reads the start of a list: the number and the type of the elements.
    fn list(&mut self) -> Result<(u64, Option<ThriftType>)> {
        let byte = self.byte()?;
        let count = match byte >> 4 {
            15 => self.varint()?,
            count => count.into(),
        };
        let element = (count > 0).then(|| field_type(byte & 0x0f));
        Ok((count, element.transpose()?))
    }

    /// Reads an integer of a field.
    pub(super) fn int(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// Reads an integer that must be neither negative nor larger than 31 bits.
    pub(super) fn count(&mut self) -> Result<u32> {
        let value = self.int()?;
        i32::try_from(value)
            .ok()
            .and_then(|value| u32::try_from(value).ok())
            .ok_or(ThriftError::Invalid)
    }

    /// Skips the value of a field.
    pub(super) fn skip(&mut self, field: ThriftType) -> Result<()> {
        self.skip_at(field, 0)
    }

    fn skip_at(&mut self, field: ThriftType, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(ThriftError::Invalid);
        }
        match field {
            ThriftType::True | ThriftType::False => Ok(()),
            ThriftType::Int => self.varint().map(|_| ()),
            ThriftType::Byte => self.advance(1),
            ThriftType::Double => self.advance(8),
            ThriftType::Uuid => self.advance(16),
            ThriftType::Binary => {
                let length = self.varint()?;
                self.advance(usize::try_from(length).map_err(|_| ThriftError::Invalid)?)
            }
            ThriftType::Struct => self.fields(|own, _, field| own.skip_at(field, depth + 1)),
            ThriftType::List => match self.list()? {
                (count, Some(element)) => self.skip_all(count, element, depth),
                (_, None) => Ok(()),
            },
            ThriftType::Map => self.skip_map(depth),
        }
    }

    fn skip_map(&mut self, depth: usize) -> Result<()> {
        let count = self.varint()?;
        if count == 0 {
            return Ok(());
        }
        let byte = self.byte()?;
        let (key, value) = (field_type(byte >> 4)?, field_type(byte & 0x0f)?);
        for _ in 0..count {
            self.skip_all(1, key, depth)?;
            self.skip_all(1, value, depth)?;
        }
        Ok(())
    }

    /// Skips list elements. Each has at least one byte, so a count beyond the bytes that are there ends early.
    fn skip_all(&mut self, count: u64, element: ThriftType, depth: usize) -> Result<()> {
        for _ in 0..count {
            match element {
                // In a list, a boolean has a byte.
                ThriftType::True | ThriftType::False => self.advance(1)?,
                element => self.skip_at(element, depth + 1)?,
            }
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8> {
        let byte = self.0.split_off_first().ok_or(ThriftError::Short)?;
        Ok(*byte)
    }

    fn advance(&mut self, bytes: usize) -> Result<()> {
        self.0 = self.0.get(bytes..).ok_or(ThriftError::Short)?;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64> {
        let is_long = self.0.len() >= 10;
        varint(&mut self.0).ok_or(if is_long {
            ThriftError::Invalid
        } else {
            ThriftError::Short
        })
    }
}

/// Takes the unsigned variable-length integer off the start of `bytes`.
pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            *bytes = bytes.get(at + 1..)?;
            return Some(value);
        }
    }
    None
}

fn field_type(code: u8) -> Result<ThriftType> {
    Ok(match code {
        1 => ThriftType::True,
        2 => ThriftType::False,
        3 => ThriftType::Byte,
        4..=6 => ThriftType::Int,
        7 => ThriftType::Double,
        8 => ThriftType::Binary,
        9 | 10 => ThriftType::List,
        11 => ThriftType::Map,
        12 => ThriftType::Struct,
        13 => ThriftType::Uuid,
        _ => return Err(ThriftError::Invalid),
    })
}
