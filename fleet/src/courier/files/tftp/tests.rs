//! The state machine against datagrams that are lost, doubled, late, wrong and from strangers.

use proptest::prelude::*;

use super::*;
use crate::clock;

const SERVER: &str = "127.0.0.1:69";
const PEER: &str = "127.0.0.1:5000";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

struct Bench {
    client: Client,
    now: Instant,
}

impl Bench {
    fn new(job: Job) -> Self {
        let now = clock::now();
        let client = Client::new(address(SERVER), "a.lic", job, now);
        Self { client, now }
    }

    fn writing(bytes: usize) -> Self {
        Self::new(Job::Write(vec![7; bytes].into()))
    }

    /// What is sent next.
    fn sent(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.client.transmit()
    }

    fn says(&mut self, datagram: &[u8]) {
        self.client.receive(address(PEER), datagram, self.now);
    }

    fn ended(&mut self) -> Option<Result<Vec<u8>, WhyNot>> {
        self.client.result()
    }
}

const OPTIONS: &[u8] = b"\0\x06blksize\x0016\0";

#[test]
fn a_file_is_read_with_the_options_that_the_server_knows() {
    let mut bench = Bench::new(Job::Read);
    let (to, request) = bench.sent().unwrap();
    assert_eq!(to, address(SERVER));
    assert_eq!(
        request,
        b"\0\x01a.lic\0octet\0blksize\x001428\0timeout\x001\0tsize\x000\0"
    );
    bench.says(OPTIONS);
    assert_eq!(bench.sent(), Some((address(PEER), vec![0, 4, 0, 0])));
    bench.says(&packet::data(1, &[1; 16]));
    assert_eq!(bench.sent().unwrap().1, [0, 4, 0, 1]);
    bench.says(&packet::data(2, b""));
    assert_eq!(bench.sent().unwrap().1, [0, 4, 0, 2]);
    assert_eq!(bench.ended(), Some(Ok(vec![1; 16])));
}

#[test]
fn a_server_without_options_is_read_in_blocks_of_512_bytes() {
    let mut bench = Bench::new(Job::Read);
    bench.says(&packet::data(1, &[1; 512]));
    bench.says(&packet::data(2, &[2; 3]));
    assert_eq!(bench.ended().unwrap().unwrap().len(), 515);
    let mut bench = Bench::new(Job::Read);
    bench.sent();
    bench.says(b"\0\x05\0\x08no\0");
    let (to, request) = bench.sent().unwrap();
    assert_eq!(
        (to, &*request),
        (address(SERVER), &b"\0\x01a.lic\0octet\0"[..])
    );
    // The second request may be answered from another port.
    bench
        .client
        .receive(address("127.0.0.1:5001"), &packet::data(1, b"x"), bench.now);
    assert_eq!(bench.ended(), Some(Ok(b"x".to_vec())));
}

#[test]
fn what_is_lost_is_sent_again_until_the_server_is_given_up() {
    let mut bench = Bench::new(Job::Read);
    let begun = bench.now;
    let request = bench.sent().unwrap();
    let mut waits = Vec::new();
    while bench.ended().is_none() {
        bench.now = bench.client.deadline();
        waits.push((bench.now - begun).as_secs());
        bench.client.elapse(bench.now);
        if let Some(again) = bench.sent() {
            assert_eq!(again, request);
        }
    }
    assert_eq!(waits, [1, 3, 7, 15, 23]);
    let mut bench = Bench::new(Job::Read);
    bench.client.elapse(bench.now + TRANSFER_TIME_MAX);
    assert_eq!(bench.ended(), Some(Err(WhyNot::TimedOut)));
}

#[test]
fn blocks_that_come_twice_are_acknowledged_twice_and_kept_once() {
    let mut bench = Bench::new(Job::Read);
    bench.sent();
    bench.says(OPTIONS);
    bench.says(OPTIONS);
    for _ in 0..2 {
        assert_eq!(bench.sent().unwrap().1, [0, 4, 0, 0]);
    }
    for _ in 0..2 {
        bench.says(&packet::data(1, &[1; 16]));
        assert_eq!(bench.sent().unwrap().1, [0, 4, 0, 1]);
    }
    // From the future, or long past.
    bench.says(&packet::data(7, b"x"));
    assert_eq!((bench.sent(), bench.ended()), (None, None));
    bench.says(&packet::data(2, b"y"));
    assert_eq!(bench.ended().unwrap().unwrap().len(), 17);
}

#[test]
fn a_file_is_written_block_by_block_and_a_full_last_one_is_followed_by_an_empty_one() {
    for (bytes, options, sizes) in [
        (0, true, &[0][..]),
        (20, true, &[16, 4]),
        (32, true, &[16, 16, 0]),
        (512, false, &[512, 0]),
    ] {
        let mut bench = Bench::writing(bytes);
        bench.sent();
        bench.says(if options { OPTIONS } else { b"\0\x04\0\0" });
        for (number, size) in (1_u16..).zip(sizes) {
            let (_, sent) = bench.sent().unwrap();
            assert_eq!(sent.len(), 4 + size);
            assert_eq!(bench.ended(), None);
            // An acknowledgement that comes twice does not double what follows.
            bench.says(&packet::acknowledgement(number - 1));
            assert_eq!(bench.sent(), None);
            bench.says(&packet::acknowledgement(number));
        }
        assert_eq!(bench.ended(), Some(Ok(Vec::new())), "{bytes} bytes");
    }
}

#[test]
fn block_numbers_begin_again_behind_the_last() {
    let blocks = usize::from(u16::MAX) + 5;
    let mut bench = Bench::writing(blocks * BLOCK_BYTES_MIN - 1);
    let mut reader = Bench::new(Job::Read);
    bench.says(b"\0\x06blksize\x008\0");
    reader.says(b"\0\x06blksize\x008\0");
    bench.sent();
    reader.sent();
    while let Some((_, data)) = bench.sent() {
        reader.says(&data);
        let block = [data[2], data[3]];
        bench.says(&[0, 4, block[0], block[1]]);
        reader.client.outgoing.clear();
    }
    assert_eq!(bench.ended(), Some(Ok(Vec::new())));
    let read = reader.ended().unwrap().unwrap();
    assert_eq!(read.len(), blocks * BLOCK_BYTES_MIN - 1);
}

#[test]
fn errors_of_servers_have_their_causes() {
    for (code, why) in [
        (0, WhyNot::Refused),
        (1, WhyNot::NotFound),
        (2, WhyNot::ReadOnly),
        (3, WhyNot::Full),
        (6, WhyNot::Refused),
    ] {
        let mut bench = Bench::new(Job::Read);
        bench.says(&packet::error(code, "no"));
        assert_eq!(bench.ended(), Some(Err(why)));
    }
}

#[test]
fn files_that_are_too_large_are_refused_before_or_while_they_come() {
    let mut bench = Bench::new(Job::Read);
    bench.sent();
    let size = FILE_BYTES_MAX + 1;
    bench.says(format!("\0\x06tsize\0{size}\0").as_bytes());
    assert_eq!(bench.sent().unwrap().1[..4], [0, 5, 0, 3]);
    assert_eq!(bench.ended(), Some(Err(WhyNot::TooLarge)));
    let mut bench = Bench::new(Job::Read);
    let mut block = 1;
    let result = loop {
        bench.says(&packet::data(block, &[0; 512]));
        if let Some(result) = bench.ended() {
            break result;
        }
        block += 1;
        bench.client.outgoing.clear();
    };
    assert_eq!(result, Err(WhyNot::TooLarge));
    assert_eq!(usize::from(block - 1) * 512, FILE_BYTES_MAX);
}

#[test]
fn strangers_are_told_off_and_change_nothing() {
    let mut bench = Bench::new(Job::Read);
    bench.sent();
    bench.client.receive(
        address("127.0.0.2:5000"),
        &packet::data(1, b"evil"),
        bench.now,
    );
    assert_eq!((bench.sent(), bench.ended()), (None, None));
    bench.says(&packet::data(1, &[1; 512]));
    bench.sent();
    let stranger = address("127.0.0.1:6000");
    bench
        .client
        .receive(stranger, &packet::data(2, b"evil"), bench.now);
    let (to, told) = bench.sent().unwrap();
    assert_eq!((to, &told[..4]), (stranger, &[0, 5, 0, 5][..]));
    assert_eq!(bench.ended(), None);
}

#[test]
fn nonsense_ends_a_transfer() {
    for wrong in [
        &b"\0\x09"[..],
        b"\0\x04\0\0",
        b"\0\x06blksize\x009999\0",
        b"\0\x06windowsize\x004\0",
        b"\0\x06timeout\x0099\0",
    ] {
        let mut bench = Bench::new(Job::Read);
        bench.sent();
        bench.says(wrong);
        assert_eq!(bench.sent().unwrap().1[1], 5, "{wrong:?}");
        assert_eq!(bench.ended(), Some(Err(WhyNot::Refused)), "{wrong:?}");
    }
}

proptest! {
    /// A server that loses, doubles and delays gives the file whole, or the client gives up.
    #[test]
    fn a_file_comes_whole_or_not_at_all(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        fate in proptest::collection::vec(0_u8..4, 1..64),
    ) {
        let mut bench = Bench::new(Job::Read);
        let mut fate = fate.into_iter().cycle();
        let blocks: Vec<&[u8]> = bytes.chunks(16).collect();
        let block = |number: usize| blocks.get(number - 1).copied().unwrap_or(&[]);
        // The block that the server has sent last, and whether both sides have waited in vain.
        let (mut out, mut in_vain) = (None, true);
        let result = loop {
            if let Some(result) = bench.ended() {
                break result;
            }
            let Some((_, sent)) = bench.sent() else {
                in_vain = true;
                bench.now = bench.client.deadline();
                bench.client.elapse(bench.now);
                continue;
            };
            let acknowledged = match sent[1] {
                1 => None,
                _ => Some(usize::from(sent[3])),
            };
            // A server goes on when its block is acknowledged, and repeats it only behind a while.
            if acknowledged != out && !in_vain {
                continue;
            }
            in_vain = false;
            let answer = match acknowledged {
                None => OPTIONS.to_vec(),
                Some(0) if out.is_none() => {
                    out = Some(0);
                    packet::data(1, block(1))
                }
                Some(number) => packet::data(number as u16 + 1, block(number + 1)),
            };
            if let Some(number) = acknowledged {
                out = Some(number + 1);
            }
            for _ in 0..fate.next().unwrap().min(2) {
                bench.says(&answer);
            }
        };
        prop_assert!(result == Ok(bytes) || result == Err(WhyNot::TimedOut));
    }
}
