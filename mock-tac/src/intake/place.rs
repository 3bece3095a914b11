//! Where in a message an element stands: the tree of the elements that matter, by namespace.

/// A namespace, as far as this reader tells them apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Namespace {
    /// SOAP 1.2 envelope.
    Soap,
    /// The session block of the envelope's header.
    Session,
    /// The block that frames the message.
    Block,
    /// The message itself.
    CallHome,
    /// Inventory.
    Inventory,
    /// Any other, or none.
    Other,
}

impl Namespace {
    pub(super) fn of(uri: &str) -> Self {
        match uri {
            "http://www.w3.org/2003/05/soap-envelope" => Self::Soap,
            "http://www.cisco.com/2004/01/aml-session" => Self::Session,
            "http://www.cisco.com/2004/01/aml-block" => Self::Block,
            "http://www.cisco.com/2005/05/callhome" => Self::CallHome,
            "http://www.cisco.com/rme/4.0" => Self::Inventory,
            _ => Self::Other,
        }
    }
}

/// An element whose text is kept. Each stands at most once in a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Field {
    MessageId,
    BlockType,
    CreationDate,
    Severity,
    GroupId,
    EventTime,
    Description,
    EventType,
    EventSubType,
    ContactEmail,
    DeviceId,
    ChassisSerial,
}

impl Field {
    pub(super) const COUNT: usize = Self::ChassisSerial as usize + 1;

    /// The element as an error names it.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::MessageId => "Session/MessageId",
            Self::BlockType => "Block/Header/Type",
            Self::CreationDate => "Block/Header/CreationDate",
            Self::Severity => "Block/Header/Severity",
            Self::GroupId => "Block/Header/BlockGroup/GroupId",
            Self::EventTime => "CallHome/EventTime",
            Self::Description => "CallHome/MessageDescription",
            Self::EventType => "CallHome/Event/Type",
            Self::EventSubType => "CallHome/Event/SubType",
            Self::ContactEmail => "CallHome/CustomerData/UserData/Email",
            Self::DeviceId => "CallHome/CustomerData/ContractData/DeviceId",
            Self::ChassisSerial => "CallHome/Device/Chassis/SerialNumber",
        }
    }

    /// The form its text must have, as an error names it.
    pub(super) fn form(self) -> &'static str {
        match self {
            Self::MessageId => "M<n>:<serial>:<8 hexadecimal digits>",
            Self::GroupId => "G<n>:<serial>:<8 hexadecimal digits>",
            Self::BlockType => "http://www.cisco.com/2005/05/callhome/ and a word",
            Self::CreationDate | Self::EventTime => "YYYY-MM-DD HH:MM:SS GMT+HH:MM",
            Self::Severity => "a digit from 0 to 9",
            Self::DeviceId => "TYPE@C@SERIAL",
            Self::EventType | Self::ChassisSerial => "a word",
            Self::Description | Self::EventSubType | Self::ContactEmail => "text",
        }
    }
}

/// The place of an open element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Above the root.
    Document,
    Envelope,
    SoapHeader,
    Session,
    SoapBody,
    Block,
    BlockHeader,
    BlockGroup,
    BlockContent,
    CallHome,
    Event,
    CustomerData,
    UserData,
    ContractData,
    Device,
    Chassis,
    Attachments,
    Attachment,
    AttachmentName,
    AttachmentData,
    /// An element whose text is kept.
    Text(Field),
    /// An element that does not matter here, as does nothing inside it.
    Elsewhere,
}

/// The place of a child element.
pub(super) fn child(parent: Place, namespace: Namespace, name: &str) -> Place {
    use Namespace as N;
    match (parent, namespace, name) {
        (Place::Document, N::Soap, "Envelope") => Place::Envelope,
        (Place::Envelope, N::Soap, "Header") => Place::SoapHeader,
        (Place::Envelope, N::Soap, "Body") => Place::SoapBody,
        (Place::SoapHeader, N::Session, "Session") => Place::Session,
        (Place::Session, N::Session, "MessageId") => Place::Text(Field::MessageId),
        (Place::SoapBody, N::Block, "Block") => Place::Block,
        (Place::Block, N::Block, "Header") => Place::BlockHeader,
        (Place::Block, N::Block, "Content") => Place::BlockContent,
        (Place::Block, N::Block, "Attachments") => Place::Attachments,
        (Place::BlockHeader, N::Block, "Type") => Place::Text(Field::BlockType),
        (Place::BlockHeader, N::Block, "CreationDate") => Place::Text(Field::CreationDate),
        (Place::BlockHeader, N::Block, "Severity") => Place::Text(Field::Severity),
        (Place::BlockHeader, N::Block, "BlockGroup") => Place::BlockGroup,
        (Place::BlockGroup, N::Block, "GroupId") => Place::Text(Field::GroupId),
        (Place::Attachments, N::Block, "Attachment") => Place::Attachment,
        (Place::Attachment, N::Block, "Name") => Place::AttachmentName,
        (Place::Attachment, N::Block, "Data") => Place::AttachmentData,
        (Place::BlockContent, N::CallHome, "CallHome") => Place::CallHome,
        (_, N::CallHome, _) => call_home_child(parent, name),
        (Place::Device, N::Inventory, "Chassis") => Place::Chassis,
        (Place::Chassis, N::Inventory, "SerialNumber") => Place::Text(Field::ChassisSerial),
        _ => Place::Elsewhere,
    }
}

fn call_home_child(parent: Place, name: &str) -> Place {
    match (parent, name) {
        (Place::CallHome, "EventTime") => Place::Text(Field::EventTime),
        (Place::CallHome, "MessageDescription") => Place::Text(Field::Description),
        (Place::CallHome, "Event") => Place::Event,
        (Place::CallHome, "CustomerData") => Place::CustomerData,
        (Place::CallHome, "Device") => Place::Device,
        (Place::Event, "Type") => Place::Text(Field::EventType),
        (Place::Event, "SubType") => Place::Text(Field::EventSubType),
        (Place::CustomerData, "UserData") => Place::UserData,
        (Place::CustomerData, "ContractData") => Place::ContractData,
        (Place::UserData, "Email") => Place::Text(Field::ContactEmail),
        (Place::ContractData, "DeviceId") => Place::Text(Field::DeviceId),
        _ => Place::Elsewhere,
    }
}
