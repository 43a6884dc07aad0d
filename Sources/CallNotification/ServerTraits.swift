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
  /// Whether it holds notifications back for an application that asks for it, all but urgent ones. (An extension of
  /// Plasma's.)
  public var holdsBackOnRequest: Bool { capabilities.contains("inhibitions") }
  /// Whether a notification stays until the user or its sender removes it.
  public var isPersistent: Bool { capabilities.contains("persistence") }

  public func has(_ habit: ServerHabits) -> Bool { habits.contains(habit) }

  public var quietSource: QuietSource? { QuietSource.known[name] }
}
