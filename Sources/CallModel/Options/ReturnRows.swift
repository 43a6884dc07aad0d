// SPDX-License-Identifier: Apache-2.0

/// What says where the user is brought back to.
package protocol Returning: Sendable {
  var returnTarget: ReturnTarget? { get set }
}

extension Returning {
  /// The two ways are options of their own, of which the application is tried first.
  static var returnRows: [OptionRow<Self>] {
    [
      .optional(LaunchOption.returnDBus, .application, \.returnApplication, sandbox: .ownBusName, record: ""),
      .optional(
        LaunchOption.returnCommand, .command(64, bytes: 8 << 10), \.returnCommand, sandbox: .runsOutside, record: ""),
    ]
  }

  package var returnApplication: ReturnTarget.Application? {
    get { returnTarget?.application }
    set { setReturn(ReturnTarget(application: newValue, command: returnTarget?.command)) }
  }

  package var returnCommand: [String]? {
    get { returnTarget?.command }
    set { setReturn(ReturnTarget(application: returnTarget?.application, command: newValue)) }
  }

  private mutating func setReturn(_ target: ReturnTarget) { returnTarget = target == ReturnTarget() ? nil : target }
}
