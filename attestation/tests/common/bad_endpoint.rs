//! An endpoint between the client and a real node that lies, hangs or talks nonsense: a small HTTP
//! server that hands questions on and changes answers.
#![allow(dead_code, reason = "every test file uses another part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where something is wrong"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::anvil::post;
use super::patience::LONG;

/// What it does with a question, given how to ask the real node.
type Behaviour = dyn Fn(&Value, &dyn Fn() -> Value) -> Reply + Send + Sync;

pub enum Reply {
    /// The result of the call.
    Result(Value),
    /// These bytes as the body.
    Body(Vec<u8>),
    /// So many bytes of nothing, without a length.
    Flood(usize),
    /// Nothing, for longer than any client waits.
    Silence,
}

pub struct BadEndpoint {
    pub url: String,
    asked: Arc<AtomicU64>,
}

impl BadEndpoint {
    pub fn before(
        node: &str,
        behaviour: impl Fn(&Value, &dyn Fn() -> Value) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicU64::new(0));
        let (node, count) = (node.to_owned(), Arc::clone(&asked));
        let behaviour: Arc<Behaviour> = Arc::new(behaviour);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (node, behaviour) = (node.clone(), Arc::clone(&behaviour));
                let count = Arc::clone(&count);
                std::thread::spawn(move || {
                    let _ = serve(stream, &node, &*behaviour, &count);
                });
            }
        });
        Self { url, asked }
    }

    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(
    stream: TcpStream,
    node: &str,
    behaviour: &Behaviour,
    count: &AtomicU64,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while let Some(body) = read_request(&mut reader)? {
        count.fetch_add(1, Ordering::SeqCst);
        let question: Value = serde_json::from_slice(&body).unwrap();
        let real = || forward(node, &body);
        match behaviour(&question, &real) {
            Reply::Result(result) => {
                let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": result });
                write_body(&mut stream, answer.to_string().as_bytes())?;
            }
            Reply::Body(bytes) => write_body(&mut stream, &bytes)?,
            Reply::Flood(bytes) => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
                let chunk = [b' '; 1 << 16];
                for _ in 0..bytes >> 16 {
                    stream.write_all(&chunk)?;
                }
                return Ok(());
            }
            Reply::Silence => {
                // The client hangs up first.
                let mut rest = Vec::new();
                stream.set_read_timeout(Some(LONG))?;
                stream.read_to_end(&mut rest)?;
                return Ok(());
            }
        }
    }
    Ok(())
}

fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(body))
}

fn write_body(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

fn forward(node: &str, body: &[u8]) -> Value {
    post(node, body)["result"].clone()
}
