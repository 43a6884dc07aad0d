// SPDX-License-Identifier: Apache-2.0

/// Where a session's user came from, and returns to. At least one of the two is set.
public struct ReturnTarget: Codable, Equatable, Sendable {
  /// An application on the bus.
  public struct Application: Codable, Equatable, Sendable {
    public var name: String
    public var path: String

    public init(name: String, path: String) { (self.name, self.path) = (name, path) }
  }

  public var application: Application?
  /// The absolute path of the program, and its arguments.
  public var command: [String]?

  public init(application: Application? = nil, command: [String]? = nil) {
    (self.application, self.command) = (application, command)
  }
}
