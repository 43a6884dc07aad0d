// SPDX-License-Identifier: Apache-2.0

extension CustomNotification: Returning {
  /// The keys of a custom notification.
  package static let table = OptionTable<CustomNotification>(
    [
      .optional(
        NotificationKey.icon, .icon(name: 255, path: 4096), \.icon,
        sandbox: .unless { value, _ in
          value.asString?.contains("/") == true ? "a path is one of files outside of it; give the name of an icon" : nil
        }),
      .optional("title", .line(256), \.title, sandbox: .allowed),
      .optional("text", .line(1024), \.text, sandbox: .allowed),
      .optional("priority", .word, \.priority, sandbox: .allowed),
      .plain("ongoing", .flag, \.isOngoing, usual: true, sandbox: .allowed),
      .plain("auto-cancel", .flag, \.autoCancels, usual: false, sandbox: .allowed),
      .optional("visibility", .word, \.visibility, sandbox: .allowed),
      .optional("category", .category(64), \.category, sandbox: .allowed),
      .plain(NotificationKey.actions, .actions, \.actions, usual: [], sandbox: .allowed),
      .optional(NotificationKey.channel, .text(0...4096), \.channel, sandbox: .allowed),
    ] + returnRows)

  /// - Parameter entries: those of an `a{sv}`.
  package init(_ entries: [(String, BusValue)], in parent: String? = nil) throws(OptionProblem) {
    self.init()
    try Self.table.check(entries, in: parent)
    try Self.table.read(entries, into: &self, in: parent)
  }

  package var encoded: BusValue { Self.table.encode(self) }
}

extension OptionKind<CustomNotification> {
  static var notification: Self {
    Self("a{sv}", write: { $0.encoded }) { value throws(OptionProblem) in
      try CustomNotification(value.asEntries ?? [])
    }
  }
}

extension OptionKind<[CustomNotification.Action]> {
  /// Buttons: the key and the label of each.
  static var actions: Self {
    Self("a(ss)") { actions in
      .array(actions.map { .structure([.string($0.key), .string($0.label)]) }, of: "(ss)")
    } read: { value throws(OptionProblem) in
      let pairs = (value.asArray ?? []).compactMap { $0.asStructure?.compactMap(\.asString) }
      guard pairs.count <= 3 else { throw OptionProblem("there are \(pairs.count); at most 3 are allowed") }
      var actions: [CustomNotification.Action] = []
      for pair in pairs {
        let action = CustomNotification.Action(key: pair[0], label: DisplayText(pair[1]).description)
        if let problem = action.problem { throw OptionProblem(problem) }
        guard !actions.contains(where: { $0.key == action.key }) else {
          throw OptionProblem("“\(action.key)” is given twice")
        }
        actions.append(action)
      }
      return actions
    }
  }
}

extension CustomNotification.Action {
  fileprivate var problem: String? {
    guard (1...32).contains(key.utf8.count), OptionSyntax.isKey(key) else {
      return "“\(OptionProblem.shown(key))” is not a key; a key is 1 to 32 of a-z, 0-9 and “-”"
    }
    guard DisplayText(label).isVisible else { return "the label of “\(key)” has no visible characters" }
    let bytes = label.utf8.count
    return bytes > 64 ? "the label of “\(key)” is \(bytes) bytes long; at most 64 are allowed" : nil
  }
}
