// SPDX-License-Identifier: Apache-2.0

/// What is known of a notification server: what it says of itself (Desktop Notifications Specification,
/// "GetCapabilities"), and, by its name, what it does and does not say.
public struct ServerTraits: Sendable, Equatable {
  public var name: String
  public var capabilities: Set<String>
  private var habits: ServerHabits

  public init(name: String, capabilities: Set<String>) {
    self.name = name
    self.capabilities = capabilities
    habits = ServerHabits.known[name] ?? []
  }

  /// One of which nobody knows anything.
  public static let unknown = ServerTraits(name: "", capabilities: [])

  public var showsActions: Bool { capabilities.contains("actions") }
  public var showsBody: Bool { capabilities.contains("body") }
  public var readsMarkup: Bool { capabilities.contains("body-markup") }
  /// Whether a notification stays until the user or its sender removes it.
  public var isPersistent: Bool { capabilities.contains("persistence") }

  /// Whether it also shows a button for the click.
  public var showsTapAsButton: Bool { habits.contains(.showsTapAsButton) }
  /// Whether what a program has posted, and its buttons, outlive the program.
  public var keepsWithoutSender: Bool { habits.contains(.keepsWithoutSender) }
  /// Whether a notification is posted to expire first, and again to stay when its id is known.
  public var isPostedTwice: Bool { habits.contains(.losesNothingByReplacing) }
  /// Whether it interrupts the user with each update, unless that is of low urgency.
  public var isSilentWhenLow: Bool { habits.contains(.silentWhenLow) }
  /// Whether an update takes the buttons away from one that is before the user's eyes.
  public var losesButtons: Bool { habits.contains(.losesButtons) }
  /// Whether it closes the oldest of an application that has some.
  public var limitsApplications: Bool { habits.contains(.limitsApplications) }
  /// Where it says whether it holds notifications back.
  public var quietProperty: QuietProperty? { QuietProperty.known[name] }
}
