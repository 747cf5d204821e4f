//! HTTP/2 attacks, frame by frame, since a client library would not send them (RFC 9113).

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fixture::{AttackFixture, Attempt, DEADLINE, Expected, Plane};

/// More requests than one: from the head of an honest one to all frames.
pub type Flood = (&'static str, fn(&[u8]) -> Vec<u8>, Expected);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The most that a frame may hold unless it is agreed upon (section 6.5.2).
const FRAME: usize = 16_384;

pub const FLOODS: &[Flood] = &[
    (
        "a head in thousands of pieces",
        |head| {
            let begun = frame(HEADERS, END_STREAM, 1, head);
            [begun, frame(CONTINUATION, 0, 1, b"").repeat(2000)].concat()
        },
        Expected::Ended(11),
    ),
    (
        "thousands of requests, each taken back",
        |head| {
            let requests = (0..3000).map(|number| {
                let stream = 2 * number + 1;
                [
                    frame(HEADERS, END_STREAM | END_HEADERS, stream, head),
                    frame(RESET, 0, stream, &8_u32.to_be_bytes()),
                ]
            });
            requests.flatten().collect::<Vec<_>>().concat()
        },
        Expected::Ended(11),
    ),
    (
        "a body of nothing, thousands of times",
        |head| {
            let begun = frame(HEADERS, END_HEADERS, 1, head);
            [begun, frame(DATA, 0, 1, b"").repeat(20_000)].concat()
        },
        Expected::Ended(11),
    ),
    (
        "a stream more than there may be",
        |head| {
            let begun = (0..101).map(|number| frame(HEADERS, END_HEADERS, 2 * number + 1, head));
            begun.collect::<Vec<_>>().concat()
        },
        Expected::Reset(7),
    ),
];

impl AttackFixture {
    /// As [`AttackFixture::deviations`], for a request whose lines are fields, then its body, then its trailers.
    pub async fn http2_deviations(&self, attempt: &Attempt) -> Vec<String> {
        let request = self.filled(attempt.request, "");
        let mut parts = request.split("\n\n");
        let head = fields(parts.next().unwrap_or_default());
        let (body, trailers) = (parts.next(), parts.next());
        let ends = |last: bool| if last { END_STREAM } else { 0 };
        let mut frames = head_frames(ends(body.is_none()), &head);
        if let Some(body) = body {
            frames.extend(frame(DATA, ends(trailers.is_none()), 1, body.as_bytes()));
        }
        if let Some(trailers) = trailers {
            frames.extend(head_frames(END_STREAM, &fields(trailers)));
        }
        self.judge_frames(attempt.name, attempt.plane, &frames, attempt.expected)
            .await
    }

    pub async fn flood_deviations(&self, (name, frames, expected): &Flood) -> Vec<String> {
        let head = ":method: POST\n:scheme: http\n:path: /v1/internal/users\n:authority: x\nx-tenant-id: {a}\ncontent-type: application/json";
        let frames = frames(&fields(&self.filled(head, "")));
        self.judge_frames(name, Plane::Tenant, &frames, *expected).await
    }

    async fn judge_frames(&self, name: &str, plane: Plane, frames: &[u8], expected: Expected) -> Vec<String> {
        let mut stream = TcpStream::connect(self.address(plane)).await.unwrap();
        let (mut read, mut write) = stream.split();
        let preface = [
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            frame(SETTINGS, 0, 0, b""),
        ]
        .concat();
        let send = async {
            // A service that has read enough may have closed already.
            let _sent = write.write_all(&[&preface, frames].concat()).await;
            std::future::pending::<()>().await;
        };
        let mut answer = Answer::default();
        let receive = async { while !answer.is_whole() && answer.receive(&mut read).await.is_some() {} };
        let both = async {
            tokio::select! { () = receive => {}, () = send => {} }
        };
        timeout(DEADLINE, both).await.expect("an answer in time");
        let mut wrong = Vec::new();
        if !answer.fits(expected) {
            wrong.push(format!("{expected:?}, but {answer:?}"));
        }
        self.with_side_effects(name, wrong, &answer.body).await
    }
}

/// What came on any stream.
#[derive(Debug, Default)]
struct Answer {
    status: u16,
    body: String,
    whole: bool,
    reset: Option<u32>,
    ended: Option<u32>,
}

impl Answer {
    fn is_whole(&self) -> bool {
        self.whole || self.reset.is_some() || self.ended.is_some()
    }

    fn fits(&self, expected: Expected) -> bool {
        let json = serde_json::from_str::<serde_json::Value>(&self.body).unwrap_or_default();
        match expected {
            Expected::Refused(status, code) => self.whole && self.status == status && json["code"] == code,
            Expected::Own(status) => self.whole && self.status == status && json.is_object(),
            Expected::Closed(status) => self.whole && self.status == status && self.body.is_empty(),
            Expected::Reset(code) => self.reset == Some(code),
            Expected::Ended(code) => self.ended == Some(code),
        }
    }

    /// Takes a frame in. `None` when there is none any more.
    async fn receive(&mut self, from: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<()> {
        let mut head = [0; 9];
        from.read_exact(&mut head).await.ok()?;
        let [high, middle, low, kind, flags, ..] = head;
        let length = u32::from_be_bytes([0, high, middle, low]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        from.read_exact(&mut payload).await.ok()?;
        match kind {
            HEADERS => self.status = status(&payload),
            DATA => self.body.push_str(&String::from_utf8_lossy(&payload)),
            RESET => self.reset = Some(number(&payload)),
            GOAWAY => self.ended = Some(number(&payload[4..])),
            _ => {}
        }
        self.whole |= matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0;
        Some(())
    }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

/// The first field of an answer: an entry of HPACK's static table, or three digits in its code (RFC 7541, appendices
/// A and B).
fn status(block: &[u8]) -> u16 {
    let known = [200, 204, 206, 304, 400, 404, 500];
    match block {
        [entry @ 0x88..=0x8e, ..] => known[usize::from(entry - 0x88)],
        [_, _, digits @ ..] => {
            let mut bits = number(&[digits, &[0; 4]].concat());
            (0..3).fold(0, |status, _| {
                let (digit, long) = if bits >> 27 < 3 {
                    (bits >> 27, 5)
                } else {
                    ((bits >> 26) - 22, 6)
                };
                bits <<= long;
                10 * status + u16::try_from(digit).unwrap_or_default()
            })
        }
        _ => 0,
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A block of fields in as many frames as it needs.
fn head_frames(flags: u8, block: &[u8]) -> Vec<u8> {
    let mut kind = (HEADERS, flags);
    let last = block.chunks(FRAME).count().saturating_sub(1);
    let frames = block.chunks(FRAME).enumerate().map(|(place, piece)| {
        let (kind, flags) = std::mem::replace(&mut kind, (CONTINUATION, 0));
        frame(
            kind,
            flags | if place == last { END_HEADERS } else { 0 },
            1,
            piece,
        )
    });
    frames.collect::<Vec<_>>().concat()
}

/// Lines of `name: value`, each a literal without any compression (RFC 7541, section 6.2.2).
fn fields(lines: &str) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in lines.lines().filter_map(|line| line.split_once(": ")) {
        block.push(0);
        for text in [name, value] {
            string(&mut block, text);
        }
    }
    block
}

/// Its length is a number of seven bits, and more where they are all set (section 5.1).
fn string(block: &mut Vec<u8>, text: &str) {
    let mut rest = text.len();
    if let Ok(short @ ..127) = u8::try_from(rest) {
        block.push(short);
    } else {
        block.push(127);
        rest -= 127;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128).unwrap() | 128);
            rest /= 128;
        }
        block.push(u8::try_from(rest).unwrap());
    }
    block.extend(text.bytes());
}
