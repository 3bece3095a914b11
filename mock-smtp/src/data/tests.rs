//! The DATA phase against a naive model, and the known smuggling attempts by name.

use proptest::prelude::*;

use super::*;

const LIMITS: DataLimits = DataLimits {
    kept_bytes_max: 1 << 20,
    message_bytes_max: 1 << 20,
};

/// Reads `input` in the given slices until the end: content, bytes consumed, flaws.
fn read_sliced(input: &[u8], slices: &[usize]) -> Option<(Vec<u8>, usize, Flaws)> {
    let mut reader = DataReader::new(LIMITS);
    let mut at = 0;
    let mut slices = slices.iter().copied().cycle();
    while at < input.len() {
        let length = slices.next().unwrap_or(1).clamp(1, input.len() - at);
        let progress = reader.read(&input[at..at + length]);
        at += progress.consumed;
        if progress.ended {
            return Some((reader.content().to_vec(), at, reader.flaws()));
        }
    }
    None
}

fn read(input: &[u8]) -> Option<Vec<u8>> {
    read_sliced(input, &[input.len()]).map(|(content, ..)| content)
}

/// The definition, word for word: put CRLF in front, look for the five bytes, split at CRLF, drop
/// one leading dot of each line.
fn model(input: &[u8]) -> Option<(Vec<u8>, usize)> {
    let framed = [b"\r\n", input].concat();
    let end = framed
        .windows(5)
        .position(|window| window == b"\r\n.\r\n")?;
    let text = framed[2.min(end + 2)..end + 2].to_vec();
    let mut content = Vec::new();
    let mut rest = &text[..];
    while !rest.is_empty() {
        let line_end = rest
            .windows(2)
            .position(|window| window == b"\r\n")
            .map_or(rest.len(), |at| at + 2);
        let (line, behind) = rest.split_at(line_end);
        content.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        rest = behind;
    }
    Some((content, end + 3))
}

fn hostile_alphabet() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(b'a')];
    proptest::collection::vec(byte, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn agrees_with_the_model_however_the_input_is_sliced(
        mut input in hostile_alphabet(),
        slices in proptest::collection::vec(1usize..6, 1..8),
        finished in any::<bool>(),
    ) {
        if finished {
            input.extend_from_slice(b"\r\n.\r\nRSET\r\n");
        }
        let ours = read_sliced(&input, &slices).map(|(content, consumed, _)| (content, consumed));
        prop_assert_eq!(ours, model(&input));
    }

    #[test]
    fn the_flaws_do_not_depend_on_the_slicing(
        input in hostile_alphabet(),
        slices in proptest::collection::vec(1usize..6, 1..8),
    ) {
        let input = [&input[..], b"\r\n.\r\n"].concat();
        prop_assert_eq!(read_sliced(&input, &slices), read_sliced(&input, &[input.len()]));
    }
}

#[test]
fn agrees_with_the_model_on_every_short_input_in_every_slicing() {
    const LENGTH: u32 = 6;
    for word in 0..4u32.pow(LENGTH) {
        let input: Vec<u8> = (0..LENGTH)
            .map(|at| b"\r\n.a"[(word >> (2 * at)) as usize & 3])
            .collect();
        let expected = model(&input);
        for cuts in 0..1u32 << (LENGTH - 1) {
            let mut slices = vec![1];
            for at in 0..LENGTH - 1 {
                if cuts >> at & 1 == 1 {
                    slices.push(1);
                } else if let Some(last) = slices.last_mut() {
                    *last += 1;
                }
            }
            let ours = read_sliced(&input, &slices).map(|(content, at, _)| (content, at));
            assert_eq!(ours, expected, "{input:?} cut as {slices:?}");
        }
    }
}

#[test]
fn an_empty_body_is_an_empty_message() {
    assert_eq!(read(b".\r\n"), Some(Vec::new()));
}

#[test]
fn a_stuffed_dot_is_removed_once() {
    assert_eq!(read(b"..a\r\n...\r\n.\r\n"), Some(b".a\r\n..\r\n".to_vec()));
}

#[test]
fn bare_line_ends_around_a_dot_never_end_a_message() {
    for inside in [
        &b"a\n.\nb"[..],
        b"a\n.\r\nb",
        b"a\r.\rb",
        b"a\r\n.\nb",
        b"a\r\n.\rb",
        b"a\r.\r\nb",
        b"a\n.\rb",
        b"a\r\n.\r\r\nb",
        b"a\r\n\0.\r\nb",
        b"a\r\n.\0\r\nb",
    ] {
        let input = [inside, b"\r\n.\r\n"].concat();
        let (_, consumed, _) = read_sliced(&input, &[input.len()]).expect("the real end ends it");
        assert_eq!(consumed, input.len(), "{inside:?}");
    }
}

#[test]
fn bare_line_ends_are_kept_and_counted() {
    let (content, _, flaws) = read_sliced(b"a\nb\rc\r\n.\r\n", &[3]).expect("it ends");
    assert_eq!(content, b"a\nb\rc\r\n");
    assert_eq!(
        flaws,
        Flaws {
            bare_cr: 1,
            bare_lf: 1,
            long_lines: 0
        }
    );
}

#[test]
fn a_line_of_998_bytes_is_not_long_and_one_of_999_is() {
    for (length, long_lines) in [(998, 0), (999, 1)] {
        let input = [&vec![b'a'; length][..], b"\r\n.\r\n"].concat();
        let (_, _, flaws) = read_sliced(&input, &[100]).expect("it ends");
        assert_eq!(flaws.long_lines, long_lines, "{length}");
    }
}

#[test]
fn what_is_beyond_the_kept_bytes_is_counted_but_not_kept() {
    let mut reader = DataReader::new(DataLimits {
        kept_bytes_max: 4,
        message_bytes_max: 10,
    });
    let progress = reader.read(b"abcdefgh\r\n.\r\n");
    assert!(progress.ended);
    assert_eq!((reader.content(), reader.size_bytes()), (&b"abcd"[..], 10));
    assert!(!reader.is_oversize());
}

#[test]
fn a_message_one_byte_above_the_limit_is_oversize_and_still_ends() {
    let mut reader = DataReader::new(DataLimits {
        kept_bytes_max: 4,
        message_bytes_max: 9,
    });
    assert!(reader.read(b"abcdefgh\r\n.\r\n").ended);
    assert!(reader.is_oversize());
}

#[test]
fn an_endless_message_takes_no_more_memory_than_is_kept() {
    let mut reader = DataReader::new(DataLimits {
        kept_bytes_max: 1_000,
        message_bytes_max: 2_000,
    });
    let chunk = [b'x'; 8_192];
    for _ in 0..100 {
        assert!(!reader.read(&chunk).ended);
    }
    assert_eq!(reader.content().len(), 1_000);
    assert!(
        reader.content.capacity() <= 2_048,
        "{}",
        reader.content.capacity()
    );
}
