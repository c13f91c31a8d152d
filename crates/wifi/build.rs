//! Messages from `proto/`, without protoc, and beside each its [`Shape`]: which fields it has and how
//! each travels, for the tolerant decoder.
//!
//! [`Shape`]: src/tolerant.rs

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

const FILES: [&str; 4] = ["real_data.proto", "device.proto", "records.proto", "hybrid.proto"];
const PACKAGE: &str = "hoymiles";
/// Their `Debug` is written by hand: they hold what no log should.
const SECRETIVE: [&str; 2] = ["DtuInformation", "Configuration"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(FILES, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("shapes.rs"), shapes(&files))?;
    let mut config = prost_build::Config::new();
    // The vectors are compared field by field.
    config.type_attribute(".", "#[cfg_attr(test, derive(serde::Serialize))]");
    config.skip_debug(SECRETIVE.map(|name| format!(".{PACKAGE}.{name}")));
    config.compile_fds(files)?;
    Ok(())
}

fn shapes(files: &FileDescriptorSet) -> String {
    files.file.iter().flat_map(|file| &file.message_type).map(shape).collect()
}

fn shape(message: &DescriptorProto) -> String {
    let fields = message.field.iter().fold(String::new(), |mut fields, field| {
        let number = field.number();
        let kind = kind(field);
        let _ = write!(fields, "Field {{ number: {number}, kind: {kind} }}, ");
        fields
    });
    let name = message.name();
    format!("impl Shape for {name} {{ const FIELDS: &'static [Field] = &[{fields}]; }}\n")
}

fn kind(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 => match field.label() {
            Label::Repeated => "Kind::Numbers".to_owned(),
            Label::Optional | Label::Required => "Kind::Number".to_owned(),
        },
        Type::Bytes => "Kind::Bytes".to_owned(),
        Type::Message => {
            let name = field.type_name().rsplit('.').next().unwrap_or_default();
            format!("Kind::Message(<{name} as Shape>::FIELDS)")
        }
        // Text from a device may be no UTF-8, and devices send nothing but integers, bytes and
        // messages.
        other => panic!("{}: fields of type {other:?} are not decoded", field.name()),
    }
}
