//! An HTTP server that counts its requests.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

pub(crate) type Handler = Box<dyn Fn(&mut TcpStream) + Send>;

pub(crate) struct KeyServer {
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicUsize>,
    handler: Arc<Mutex<Handler>>,
}

impl KeyServer {
    /// Answers every request with this document.
    pub(crate) fn serving(document: impl ToString) -> Self {
        Self::handling(answer(200, "", document))
    }

    pub(crate) fn handling(handler: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            handler: Arc::new(Mutex::new(Box::new(handler))),
        };
        let (requests, handler) = (Arc::clone(&server.requests), Arc::clone(&server.handler));
        // Ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                read_head(&mut stream);
                requests.fetch_add(1, Ordering::SeqCst);
                handler.lock().unwrap()(&mut stream);
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// From now on.
    pub(crate) fn serve(&self, document: impl ToString) {
        self.handle(answer(200, "", document));
    }

    pub(crate) fn handle(&self, handler: impl Fn(&mut TcpStream) + Send + 'static) {
        *self.handler.lock().unwrap() = Box::new(handler);
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// An answer with this status, these lines of headers, each ended by CRLF, and this body.
#[expect(clippy::needless_pass_by_value, reason = "a document is made for it")]
pub(crate) fn answer(status: u16, headers: &str, body: impl ToString) -> Handler {
    let body = body.to_string();
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    );
    // The client may have gone.
    Box::new(move |stream| drop(stream.write_all(text.as_bytes())))
}

fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
}
