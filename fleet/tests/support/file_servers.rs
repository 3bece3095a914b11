//! File servers on loopback: TFTP with options and with ports of their own for transfers, and HTTP.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, UdpSocket},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What a server gives under a name.
pub(crate) type Content = Arc<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;
/// What a server was given, by name.
pub(crate) type Stored = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A client that is silent for so long is gone.
const SILENCE: Duration = Duration::from_secs(20);

/// Starts a TFTP server that has what it is given, and `content`; where it listens, and what it is given.
pub(crate) fn tftp(content: Content) -> (SocketAddr, Stored) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let stored = Stored::default();
    let own = Arc::clone(&stored);
    thread::spawn(move || {
        let mut datagram = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut datagram) {
            let request = datagram[..length].to_vec();
            let (content, stored) = (Arc::clone(&content), Arc::clone(&own));
            thread::spawn(move || serve_one(&request, from, &content, &stored));
        }
    });
    (address, stored)
}

fn serve_one(request: &[u8], from: SocketAddr, content: &Content, stored: &Stored) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(from).unwrap();
    socket.set_read_timeout(Some(SILENCE)).unwrap();
    let text = String::from_utf8_lossy(&request[2..]).into_owned();
    let fields: Vec<&str> = text.split('\0').collect();
    let name = fields[0];
    let asked = fields.iter().position(|field| *field == "blksize");
    let size = asked.map_or(512, |at| fields[at + 1].parse().unwrap());
    let options = format!("\0\u{6}blksize\0{size}\0");
    match request[1] {
        1 => match stored
            .lock()
            .unwrap()
            .get(name)
            .cloned()
            .or_else(|| content(name))
        {
            None => {
                let _ = socket.send(b"\0\x05\0\x01File not found\0");
            }
            Some(bytes) => {
                if asked.is_some() && exchange(&socket, options.as_bytes()).is_none() {
                    return;
                }
                give(&socket, &bytes, size);
            }
        },
        _ => {
            let answer = match asked {
                Some(_) => options.into_bytes(),
                None => vec![0, 4, 0, 0],
            };
            if let Some((bytes, answer)) = take(&socket, answer, size) {
                // It is there before the client knows.
                stored.lock().unwrap().insert(name.to_owned(), bytes);
                let _ = socket.send(&answer);
            }
        }
    }
}

fn give(socket: &UdpSocket, bytes: &[u8], size: usize) {
    for number in 0..=bytes.len() / size {
        let block = (number + 1) as u16;
        let part = &bytes[number * size..bytes.len().min((number + 1) * size)];
        let packet = [&[0, 3], &block.to_be_bytes()[..], part].concat();
        if exchange(socket, &packet).is_none() {
            return;
        }
    }
}

/// The bytes of a file, and the answer to its last block.
fn take(socket: &UdpSocket, mut answer: Vec<u8>, size: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let data = exchange(socket, &answer)?;
        bytes.extend_from_slice(&data[4..]);
        answer = vec![0, 4, data[2], data[3]];
        if data.len() < size + 4 {
            return Some((bytes, answer));
        }
    }
}

/// Sends `packet`; what comes back.
fn exchange(socket: &UdpSocket, packet: &[u8]) -> Option<Vec<u8>> {
    socket.send(packet).ok()?;
    let mut datagram = [0; 2048];
    let length = socket.recv(&mut datagram).ok()?;
    Some(datagram[..length].to_vec())
}

/// Starts an HTTP server.
pub(crate) fn http(content: Content) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let content = Arc::clone(&content);
            thread::spawn(move || {
                let mut head = String::new();
                let mut reader = BufReader::new(&stream);
                while !head.ends_with("\r\n\r\n") {
                    if reader.read_line(&mut head).unwrap_or(0) == 0 {
                        return;
                    }
                }
                let path = head.split(' ').nth(1).unwrap();
                let answer = match content(path.trim_start_matches('/')) {
                    Some(bytes) => {
                        let head =
                            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len());
                        [head.as_bytes(), &bytes].concat()
                    }
                    None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
                };
                // A client may have seen enough.
                let _ = (&stream).write_all(&answer);
            });
        }
    });
    address
}
