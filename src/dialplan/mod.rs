//! Floor 2: YAML to a checked [`Dialplan`] with compiled templates and conditions, or diagnostics with places.
//! Knows no call, no audio, no clock.

mod describe;
mod diagnostic;
mod format;
mod json_path;
mod keys;
mod load;
mod model;
mod read;
mod script;
mod script_describe;
mod script_keys;
mod template;
mod traps;
mod yaml;

pub use describe::{reference, schema};
pub use diagnostic::{Diagnostic, Severity, Wordings};
pub use format::format;
pub use json_path::{JsonPath, JsonPathError};
pub use model::{
    Branch, Dialplan, Handover, Intent, Lookup, Method, NowWhat, Place, Prompt, Queue, Route, Secret, Silence, Slot, SlotType, Source,
    SourceAuth, Step, StepKind, Steps, Text, Tone,
};
pub use script::{
    CallScript, CallScripts, FakedAnswer, FakedOutcome, HangsUp, RobotSays, ScriptDoes, ScriptEnd, ScriptExpects, ScriptStep, SeatDoes,
    SpokenWords,
};
pub use script_describe::{calls_reference, calls_schema};
pub use template::{Condition, Template, TemplateError};
