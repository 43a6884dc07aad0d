// SPDX-License-Identifier: Apache-2.0

extension NotificationChannel {
  /// The keys of a notification channel.
  package static let table = OptionTable<ChannelRequest>([
    .optional(ChannelKey.id, .identifier(1...128), \.id, sandbox: .allowed, tool: "ID"),
    .optional("name", .line(128), \.name, sandbox: .allowed),
    .optional("importance", .word, \.importance, sandbox: .allowed),
    .optional("lockscreen-visibility", .word, \.lockscreenVisibility, sandbox: .allowed),
    .optional("sound", .flag, \.sound, sandbox: .allowed),
  ])

  /// A channel as `CreateNotificationChannel` takes it; what is left open is as in a new channel.
  package init(_ entries: [(String, BusValue)]) throws(OptionProblem) {
    try Self.table.check(entries)
    var request = ChannelRequest()
    try Self.table.read(entries, into: &request)
    guard let channel = NotificationChannel(request) else {
      throw OptionProblem(ChannelKey.id, "it is missing; every channel needs one")
    }
    self = channel
  }

  /// One that a daemon tells of, which may be of a later version; nil where it has no id.
  package init?(_ value: BusValue) {
    var request = ChannelRequest()
    Self.table.readWhatFits(value.asDictionary ?? [:], into: &request)
    self.init(request)
  }

  private init?(_ request: ChannelRequest) {
    guard let id = request.id else { return nil }
    self = id == Self.defaultID ? .default : NotificationChannel(id: id, name: id)
    name = request.name ?? name
    importance = request.importance ?? importance
    lockscreenVisibility = request.lockscreenVisibility ?? lockscreenVisibility
    sound = request.sound ?? sound
  }

  package var encoded: BusValue {
    var request = ChannelRequest()
    (request.id, request.name, request.importance) = (id, name, importance)
    (request.lockscreenVisibility, request.sound) = (lockscreenVisibility, sound)
    return Self.table.encode(request)
  }

  /// What a file says may be anything.
  package var isValid: Bool { (try? NotificationChannel(encoded.asEntries ?? [])) == self }
}

/// What is asked of a channel; nil is left open.
package struct ChannelRequest: Sendable, Equatable {
  package var id: String?
  package var name: String?
  package var importance: Importance?
  package var lockscreenVisibility: Visibility?
  package var sound: Bool?

  package init() {}
}
