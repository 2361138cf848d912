//! The real binary, end to end. One integration binary, so that it is linked once.

mod support;
mod turns;

// What a run promises: its results, its truth, its accounts.
mod runs;

// Faults that are set for a time: their windows, whom they hit, what they leave.
mod windows;

// Every scenario that comes with the binary.
mod catalogue;

// Harmless oddities, and that they are told as innocent.
mod distractors;

// Where processor time goes, and where it does not.
mod profiles;

// A scenario changed from the command line.
mod adjusted;

// A plan is a function of the scenario and the seed.
mod plans;

// What is exported gives no answer away.
mod secrets;

// Ctrl-C, a killed part, a killed parent.
mod endings;

// Driving a shop that is left running.
mod drive;

// The database, the disk, a part that crashes or hangs.
mod bad_luck;

// A client that sends half a request and no more.
mod half_requests;

// A server that can be cut off.
mod relay;

// Every wrong input has its exit code and its message.
mod bad_input;

// Files of other tools in, files for other tools out.
mod exports;

// Backends that we did not write.
mod backends;

// What is sent to another backend arrives there.
mod jaeger;

// What the lab answers, beside what the originals answer.
mod answers;

// Traces by TraceQL.
mod queries;

// What outlasts a fault, and what a start costs.
mod lasting;
