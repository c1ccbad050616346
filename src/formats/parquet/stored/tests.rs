use proptest::prelude::*;

use super::*;

/// Stored schema made by `PyArrow` 26: id int64, s `large_string`, b `large_binary`, d dictionary<int32, string>, l
/// list<`large_string`>, ll `large_list<large_string>`, f `fixed_size_list<float>[2]`, st struct<x: dictionary<int8,
/// `large_string`>, y: list<`fixed_size_list`<`large_string`>[3]>>, t timestamp[us, UTC], v `string_view`.
const EVERYTHING: &str = "/////5ADAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAEAAAAPP3//wQAAAAKAAAANAMAAPgCAADQAgAAiAIAACQCAADQAQAAbAEAAGwAAAAsAA\
    AABAAAAAT9//8AAAEYEAAAABQAAAAEAAAAAAAAAAEAAAB2AAAALP3//yj9//8AAAEKEAAAABwAAAAEAAAAAAAAAAEAAAB0AAAACAAMAAYACAAI\
    AAAAAAACAAQAAAADAAAAVVRDAGT9//8AAAENGAAAABwAAAAEAAAAAgAAAJQAAAAQAAAAAgAAAHN0AACU/f//kP3//wAAAQwUAAAAGAAAAAQAAA\
    ABAAAAEAAAAAEAAAB5AAAAvP3//7j9//8AAAEQFAAAABwAAAAEAAAAAQAAABgAAAAEAAAAaXRlbQAAAABe////AwAAAOj9//8AAAEUEAAAABgA\
    AAAEAAAAAAAAAAQAAABpdGVtAAAAABT+//+w/v//AAABFBQAAABAAAAAHAAAAAQAAAAAAAAAAQAAAHgAAAAIABQACAAEAAgAAAAQAAAAAQAAAA\
    AAAAAAAAAAIP7//wAAAAEIAAAAZP7//2D+//8AAAEQFAAAABwAAAAEAAAAAQAAABgAAAABAAAAZgAGAAgABAAGAAAAAgAAAJD+//8AAAEDEAAA\
    ABwAAAAEAAAAAAAAAAQAAABpdGVtAAAGAAgABgAGAAAAAAABAMD+//8AAAEVFAAAABgAAAAEAAAAAQAAABAAAAACAAAAbGwAAOz+///o/v//AA\
    ABFBAAAAAYAAAABAAAAAAAAAAEAAAAaXRlbQAAAAAU////EP///wAAAQwUAAAAGAAAAAQAAAABAAAAEAAAAAEAAABsAAAAPP///zj///8AAAEU\
    EAAAABgAAAAEAAAAAAAAAAQAAABpdGVtAAAAAGT///8QABgACAAGAAcADAAQABQAEAAAAAAAAQUUAAAANAAAABwAAAAEAAAAAAAAAAEAAABkAA\
    AACAAIAAAABAAIAAAABAAAAHT///8AAAABIAAAALj///+0////AAABExAAAAAUAAAABAAAAAAAAAABAAAAYgAAANz////Y////AAABFBAAAAAY\
    AAAABAAAAAAAAAABAAAAcwAAAAQABAAEAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAAECEAAAABwAAAAEAAAAAAAAAAIAAABpZAAACAAMAAgABw\
    AIAAAAAAAAAUAAAAA=";

fn list(element: StoredType) -> StoredType {
    StoredType::List(Box::new(element))
}

#[test]
fn stored_types_that_matter_are_found() {
    let fixed = |size, element| StoredType::FixedList(size, Box::new(element));
    let expected = [
        StoredType::Other,
        StoredType::LargeText,
        StoredType::LargeBytes,
        StoredType::Dictionary,
        list(StoredType::LargeText),
        // Arrow Go 17 doesn't change large lists and their elements.
        StoredType::Other,
        fixed(2, StoredType::Other),
        StoredType::Struct(vec![
            StoredType::Dictionary,
            list(fixed(3, StoredType::LargeText)),
        ]),
        StoredType::Other,
        StoredType::Other,
    ];
    assert_eq!(read(EVERYTHING).unwrap(), expected);
    let unpadded = EVERYTHING.trim_end_matches('=');
    assert_eq!(read(unpadded).unwrap(), expected);
    // Before Arrow 0.15, the message began with its length.
    let message = BASE64.decode(EVERYTHING).unwrap();
    let old = BASE64.encode(&message[4..]);
    assert_eq!(read(&old).unwrap(), expected);
}

#[test]
fn stored_types_override_those_of_the_file() {
    let arrow_list = |element| ArrowType::List(Box::new(element));
    for (stored, inferred, expected) in [
        (StoredType::LargeText, ArrowType::Text, ArrowType::LargeText),
        (
            StoredType::Dictionary,
            ArrowType::Int(64),
            ArrowType::Int(64),
        ),
        (
            list(StoredType::Dictionary),
            arrow_list(ArrowType::Text),
            arrow_list(ArrowType::Dictionary(Box::new(ArrowType::Text))),
        ),
        (
            StoredType::FixedList(2, Box::new(StoredType::Other)),
            arrow_list(ArrowType::Float),
            ArrowType::FixedList(2, Box::new(ArrowType::Float)),
        ),
        // Stored types that don't fit the file's types change nothing.
        (
            list(StoredType::LargeText),
            ArrowType::Text,
            ArrowType::Text,
        ),
        (
            StoredType::Struct(vec![]),
            arrow_list(ArrowType::Text),
            arrow_list(ArrowType::Text),
        ),
    ] {
        assert_eq!(restore(&stored, inferred), expected, "{stored:?}");
    }
}

#[test]
fn fields_and_levels_have_limits() {
    let message = BASE64.decode(EVERYTHING).unwrap();
    let bytes = &message[8..];
    let message = FlatTable::at(bytes, reference(bytes, 0).unwrap()).unwrap();
    let schema = message.table(2).unwrap();
    let read = |depth, mut left| fields(&schema, 1, depth, &mut left);
    // The schema has 10 fields with 7 more inside them. One more level is needed for the empty field lists of the
    // leaves.
    assert!(read(5, 17).is_some());
    assert!(read(4, 17).is_none());
    assert!(read(5, 16).is_none());
    // If a vector claims to be endless, reading stops at the end of the bytes.
    let mut bytes = BASE64.decode(EVERYTHING).unwrap();
    for at in (8..bytes.len() - 4).step_by(4) {
        let old: [u8; 4] = bytes[at..at + 4].try_into().unwrap();
        bytes[at..at + 4].copy_from_slice(&[0xff; 4]);
        _ = super::read(&BASE64.encode(&bytes));
        bytes[at..at + 4].copy_from_slice(&old);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]
    #[test]
    fn damage_never_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in prop::option::of(any::<prop::sample::Index>())) {
        let mut bytes = BASE64.decode(EVERYTHING).unwrap();
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        _ = read(&BASE64.encode(&bytes));
    }

    #[test]
    fn no_text_panics(text in ".{0,200}") {
        _ = read(&text);
    }
}
