//! Makes the answer and keeps it, under all that was asked: nobody is ever told another's. Nothing is thrown away, and hardly anything
//! is asked a second time.

use bytes::Bytes;

use super::Answers;

pub(super) async fn answer<E>(
    answers: &Answers,
    key: String,
    slot: usize,
    limit: usize,
    make: impl Future<Output = Result<Bytes, E>>,
) -> Result<Bytes, E> {
    if let Some(answer) = answers.find(&key) {
        return Ok(answer);
    }
    let answer = make.await?;
    answers.keep(key, &answer, slot, limit);
    Ok(answer)
}
