// SPDX-License-Identifier: Apache-2.0

/// What a notification server says of itself (Desktop Notifications Specification, "GetCapabilities").
public struct ServerTraits: Sendable, Equatable {
  public var name: String
  public var capabilities: Set<String>

  public init(name: String, capabilities: Set<String>) {
    self.name = name
    self.capabilities = capabilities
  }

  public var showsActions: Bool { capabilities.contains("actions") }
  /// Xfce's makes a button of the tap as well.
  public var showsTapAsButton: Bool { name == "Xfce Notify Daemon" }
  public var showsBody: Bool { capabilities.contains("body") }
  public var readsMarkup: Bool { capabilities.contains("body-markup") }
  /// A notification stays until the user or its sender takes it away.
  public var isPersistent: Bool { capabilities.contains("persistence") }
}
