//! A small HTTP server for files.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// The response for a path.
#[derive(Clone)]
pub(crate) enum Answer {
    File(Vec<u8>),
    /// The first half of a file.
    Half(Vec<u8>),
    Status(u16),
    /// A redirect, as for the large files of the real source.
    Moved(String),
}

/// Serves files on loopback until it is dropped.
pub(crate) struct FileServer {
    address: SocketAddr,
    requested: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl FileServer {
    pub(crate) fn new(answers: HashMap<String, Answer>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let requested = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requested);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(path) = request(&stream) else { continue };
                if path == "/stop" {
                    return;
                }
                log.lock().expect("no panic").push(path.clone());
                // A client may hang up.
                let _ = answer(stream, answers.get(&path));
            }
        });
        Self {
            address,
            requested,
            thread: Some(thread),
        }
    }

    /// The address of the mirror.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mirror/", self.address)
    }

    /// The requested paths, in order.
    pub(crate) fn requested(&self) -> Vec<String> {
        self.requested.lock().expect("no panic").clone()
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(self.address) {
            let _ = stream.write_all(b"GET /stop HTTP/1.1\r\n\r\n");
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn request(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines();
    let path = lines.next()?.ok()?.split_whitespace().nth(1)?.to_owned();
    lines
        .find(|line| line.as_ref().is_ok_and(String::is_empty))?
        .ok()?;
    Some(path)
}

fn answer(mut stream: TcpStream, answer: Option<&Answer>) -> std::io::Result<()> {
    let nothing = Vec::new();
    let (status, body, sent) = match answer {
        None => (404, &nothing, 0),
        Some(Answer::Status(status)) => (*status, &nothing, 0),
        Some(Answer::Moved(_)) => (302, &nothing, 0),
        Some(Answer::File(body)) => (200, body, body.len()),
        Some(Answer::Half(body)) => (200, body, body.len() / 2),
    };
    write!(
        stream,
        "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n",
        body.len()
    )?;
    if let Some(Answer::Moved(to)) = answer {
        write!(stream, "location: {to}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&body[..sent])
}
