// SPDX-License-Identifier: Apache-2.0

/// Where a session's user came from, and is brought back to. One of the two at least is there.
public struct ReturnTarget: Codable, Equatable, Sendable {
  /// An application on the bus.
  public struct Application: Codable, Equatable, Sendable {
    public var name: String
    public var path: String

    public init(name: String, path: String) { (self.name, self.path) = (name, path) }
  }

  public var application: Application?
  /// The program, absolute, and its arguments.
  public var command: [String]?

  public init(application: Application? = nil, command: [String]? = nil) {
    (self.application, self.command) = (application, command)
  }
}
