//! Floor 2: YAML to a checked [`Dialplan`] with compiled templates and conditions, or diagnostics with places.
//! Knows no call, no audio, no clock.

mod describe;
mod diagnostic;
mod keys;
mod load;
mod model;
mod read;
mod template;
mod traps;
mod yaml;

pub use describe::{reference, schema};
pub use diagnostic::{Diagnostic, Severity, Wordings};
pub use model::{
    Branch, Dialplan, Handover, Intent, Lookup, Method, NowWhat, Place, Prompt, Queue, Route, Silence, Slot, SlotType, Source, Step,
    StepKind, Steps, Text, Tone,
};
pub use template::{Condition, Template, TemplateError};
