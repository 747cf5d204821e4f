//! Start-up message of a PostgreSQL client, without its `options`.
//!
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-STARTUPMESSAGE>

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Version 3.0 of the protocol: what else comes first, such as a request for TLS, goes through as it is.
const VERSION: u32 = 0x0003_0000;

/// Passes the client's first message on.
pub(super) async fn without_options(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    let length = client.read_u32().await?;
    let body = length.checked_sub(4).ok_or(io::ErrorKind::InvalidData)?;
    let mut message = vec![0; usize::try_from(body).map_err(io::Error::other)?];
    client.read_exact(&mut message).await?;
    if let Some((version, parameters)) = message.split_first_chunk()
        && u32::from_be_bytes(*version) == VERSION
    {
        let kept = kept(parameters);
        message = [version.as_slice(), &kept].concat();
    }
    let length = u32::try_from(message.len() + 4).map_err(io::Error::other)?;
    server.write_u32(length).await?;
    server.write_all(&message).await
}

/// All parameters but one: names and values end with a zero each, the list with one more.
fn kept(parameters: &[u8]) -> Vec<u8> {
    let texts: Vec<&[u8]> = parameters.split(|byte| *byte == 0).collect();
    let mut kept = Vec::new();
    for pair in texts
        .chunks_exact(2)
        .filter(|pair| pair[0] != b"options" && !pair[0].is_empty())
    {
        for text in pair {
            kept.extend_from_slice(text);
            kept.push(0);
        }
    }
    kept.push(0);
    kept
}
