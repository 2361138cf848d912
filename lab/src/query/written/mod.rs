//! Long answers, written piece by piece: the next piece is made when the reader has taken the last, so that an answer
//! takes no more memory than a piece, however long it is, and a reader that stops reading stops the work.

pub mod json;
pub mod protobuf;

use std::io;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

/// How long a piece is, about.
pub const PIECE: usize = 32 << 10;

/// An answer that can be written piece by piece.
pub trait Pieces: Send + 'static {
    /// Appends the next piece, and says whether there is more.
    fn next(&mut self, out: &mut Vec<u8>) -> bool;
}

/// The body of an answer. One that fits into a piece has a length, a longer one is sent in chunks.
pub async fn body(pieces: impl Pieces) -> Body {
    match next(pieces).await {
        Ok((piece, None)) => Body::from(piece),
        Ok((piece, Some(rest))) => {
            Body::from_stream(stream::unfold(Some((piece, Some(rest))), |state| async {
                let (piece, rest) = state?;
                let following = match rest {
                    None => None,
                    Some(pieces) => match next(pieces).await {
                        Ok(following) => Some(following),
                        Err(error) => return Some((Err(error), None)),
                    },
                };
                Some((Ok::<_, io::Error>(piece), following))
            }))
        }
        Err(error) => Body::from_stream(stream::iter([Err::<Bytes, _>(error)])),
    }
}

/// The next piece, and what makes the one after, if there is one. An error ends the connection, so that what was cut
/// short is not taken for whole.
async fn next<P: Pieces>(mut pieces: P) -> io::Result<(Bytes, Option<P>)> {
    let task = tokio::task::spawn_blocking(move || {
        let mut piece = Vec::with_capacity(PIECE + PIECE / 4);
        let more = pieces.next(&mut piece);
        (Bytes::from(piece), more.then_some(pieces))
    });
    task.await.map_err(io::Error::other)
}
