//! An HTTP server before a node that hands requests on, or misbehaves.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::lies;
use crate::random::Random;
use crate::rpc::Rpc;

/// Larger than any request of the client.
const MAX_REQUEST_BYTES: u64 = 1 << 20;
/// How long a hanging endpoint keeps a connection: longer than any client waits.
const HANG: Duration = Duration::from_secs(60);
/// Between two bytes of a dripping endpoint.
const DRIP: Duration = Duration::from_millis(100);
/// How much a flooding endpoint sends for one answer, in bytes: more than any client should take.
const FLOOD_BYTES: usize = 64 << 20;

/// How an endpoint behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As the node does.
    Honest,
    /// The connection is closed before an answer: a network that is gone.
    Gone,
    /// It takes the request and never answers.
    Hanging,
    /// It answers a byte at a time, without end.
    Dripping,
    /// It answers without end, as fast as it can.
    Flooding,
    /// It answers in the right form, and wrongly.
    Lying,
}

/// A server on loopback; its threads end with the program.
pub struct Proxy {
    url: String,
    manner: Arc<Mutex<Manner>>,
    bad_answers: Arc<AtomicU64>,
}

impl Proxy {
    /// Starts one before a node.
    pub fn before(node: Rpc, manner: Manner, seed: u64) -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let manner = Arc::new(Mutex::new(manner));
        let random = Arc::new(Mutex::new(Random::new(seed)));
        let bad_answers = Arc::new(AtomicU64::new(0));
        let (shared, count) = (Arc::clone(&manner), Arc::clone(&bad_answers));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let manner = *shared.lock().unwrap_or_else(PoisonError::into_inner);
                let (node, random, count) = (node.clone(), Arc::clone(&random), Arc::clone(&count));
                // A connection that breaks concerns nobody else.
                std::thread::spawn(move || drop(serve(stream, manner, &node, &random, &count)));
            }
        });
        Ok(Self {
            url,
            manner,
            bad_answers,
        })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many requests it answered wrongly or not at all.
    pub fn bad_answers(&self) -> u64 {
        self.bad_answers.load(Ordering::Relaxed)
    }

    /// From the next connection on.
    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }
}

fn serve(
    mut stream: TcpStream,
    manner: Manner,
    node: &Rpc,
    random: &Mutex<Random>,
    bad_answers: &AtomicU64,
) -> Result<(), Box<dyn Error>> {
    if !matches!(manner, Manner::Honest | Manner::Lying) {
        bad_answers.fetch_add(1, Ordering::Relaxed);
    }
    if manner == Manner::Gone {
        return Ok(());
    }
    let request = read_request(&stream)?;
    match manner {
        Manner::Hanging => std::thread::sleep(HANG),
        Manner::Dripping => drip(&mut stream)?,
        Manner::Flooding => flood(&mut stream)?,
        Manner::Lying => {
            let parsed: Value = serde_json::from_slice(&request)?;
            let lie = lies::lie(
                &parsed,
                &mut random.lock().unwrap_or_else(PoisonError::into_inner),
            );
            match lie {
                Some(lie) => {
                    bad_answers.fetch_add(1, Ordering::Relaxed);
                    answer(&mut stream, lie.to_string().as_bytes())?;
                }
                None => answer(&mut stream, &node.forward(&request)?)?,
            }
        }
        Manner::Honest | Manner::Gone => answer(&mut stream, &node.forward(&request)?)?,
    }
    Ok(())
}

/// The body of an HTTP/1.1 request (RFC 9112) with a length.
fn read_request(stream: &TcpStream) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut reader = BufReader::new(stream.take(MAX_REQUEST_BYTES));
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(body)
}

fn answer(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    stream.write_all(header(body.len()).as_bytes())?;
    stream.write_all(body)
}

fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(header(FLOOD_BYTES).as_bytes())?;
    loop {
        stream.write_all(b" ")?;
        std::thread::sleep(DRIP);
    }
}

fn flood(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(header(FLOOD_BYTES).as_bytes())?;
    let piece = [b' '; 1 << 16];
    for _ in 0..FLOOD_BYTES / piece.len() {
        stream.write_all(&piece)?;
    }
    Ok(())
}

fn header(length: usize) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}
