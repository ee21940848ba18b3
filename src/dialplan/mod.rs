//! Floor 2: YAML to a checked [`Dialplan`] with compiled templates and conditions, or diagnostics with places.
//! Knows no call, no audio, no clock.

mod describe;
mod diagnostic;
mod format;
mod hours;
mod include;
mod json_path;
mod keys;
mod knowledge;
mod load;
mod model;
mod read;
mod script;
mod script_describe;
mod script_keys;
mod step_keys;
mod steps;
mod systems;
mod template;
mod traps;
mod traps_flow;
mod yaml;

pub use describe::{reference, schema};
pub use diagnostic::{Diagnostic, Severity, Wordings};
pub use format::format;
pub use hours::Hours;
pub use include::Files;
pub use json_path::{JsonPath, JsonPathError};
pub use model::{
    Dialplan, Elderly, Handover, Intent, LONGEST_TEXT, NowWhat, Personal, Place, Privacy, Prompt, Queue, Route, Secret, Silence, Slot,
    SlotType, Source, SourceAuth, Text, Tone,
};
pub use script::{
    CallScript, CallScripts, Failing, FakedAnswer, FakedOutcome, HangsUp, RobotSays, ScriptDoes, ScriptEnd, ScriptExpects, ScriptStep,
    SeatDoes, SpokenWords,
};
pub use script_describe::{calls_reference, calls_schema};
pub use steps::{Branch, Callback, Lookup, Method, Priority, RecordMessage, Send, Step, StepKind, Steps, TicketStep};
pub use systems::{Event, Listener, Messages, Sender};
pub use template::{Condition, Template, TemplateError};
