// SPDX-License-Identifier: Apache-2.0

/// Calls that wait for their turn.
///
/// The calls of one caller stay in order, and callers take turns, so that nobody waits for more than one call of each
/// other caller. Calls that end something overtake everything that does not begin something: they have a line of their
/// own, in which callers take turns, too.
struct WaitingCalls<Call> {
  struct Limits: Equatable {
    /// Of one caller.
    var calls: Int
    var bytes: Int
    /// Of all callers together. A caller's first small call is always accepted.
    var allBytes: Int
    static var smallBytes: Int { 4096 }
  }

  enum Kind {
    case beginning, ending, large, other
  }

  private struct Entry {
    var call: Call
    var kind: Kind
    var bytes: Int
  }

  private struct Line {
    var endings = Fifo<Entry>()
    var others = Fifo<Entry>()
    var beginnings = 0
    var bytes = 0
    /// The caller is not identified yet.
    var isHeld: Bool

    var count: Int { endings.count + others.count }

    /// An ending must not overtake what the same caller has begun just before.
    func mayEnd(_ limits: Limits) -> Bool { beginnings == 0 && endings.count < limits.calls / 8 }
  }

  private let limits: Limits
  private var lines: [String: Line] = [:]
  /// The callers with calls in that line, in the order of their turns.
  private var endingTurns: [String] = []
  private var otherTurns: [String] = []
  private var bytes = 0
  private(set) var count = 0

  init(_ limits: Limits) { self.limits = limits }

  var isEmpty: Bool { count == 0 }
  var hasEndings: Bool { !endingTurns.isEmpty }
  /// How many callers have calls that end something, and may pass.
  var endingCallers: Int { endingTurns.count }

  /// Whether there is no room for another such call of `caller`.
  func isFull(_ caller: String, for kind: Kind) -> Bool {
    guard let line = lines[caller], line.count >= limits.calls else { return false }
    return kind != .ending || !line.mayEnd(limits)
  }

  func hasCalls(of caller: String) -> Bool { lines[caller] != nil }

  /// - Parameter isHeld: whether the caller's calls wait for ``release(_:)``, if none of them waits yet.
  /// - Returns: whether there was room.
  mutating func add(_ call: Call, _ kind: Kind, of caller: String, bytes size: Int, isHeld: Bool) -> Bool {
    var line = lines[caller] ?? Line(isHeld: isHeld)
    let isEnding = kind == .ending && line.mayEnd(limits)
    let hasRoom = line.count < limits.calls && line.bytes + size <= limits.bytes && bytes + size <= limits.allBytes
    // Other calls of its caller do not prevent an ending, and other callers do not prevent a first call.
    guard hasRoom || ((isEnding || line.count == 0) && size <= Limits.smallBytes) else { return false }
    let entry = Entry(call: call, kind: kind, bytes: size)
    if isEnding {
      if line.endings.isEmpty, !line.isHeld { endingTurns.append(caller) }
      line.endings.append(entry)
    } else {
      if line.others.isEmpty, !line.isHeld { otherTurns.append(caller) }
      line.others.append(entry)
    }
    if kind == .beginning { line.beginnings += 1 }
    line.bytes += size
    bytes += size
    count += 1
    lines[caller] = line
    return true
  }

  /// Gives the calls of `caller` their turns.
  mutating func release(_ caller: String) {
    guard let line = lines[caller], line.isHeld else { return }
    lines[caller]?.isHeld = false
    if !line.endings.isEmpty { endingTurns.append(caller) }
    if !line.others.isEmpty { otherTurns.append(caller) }
  }

  /// Drops the calls of `caller`.
  mutating func drop(_ caller: String) {
    guard let line = lines.removeValue(forKey: caller) else { return }
    endingTurns.removeAll { $0 == caller }
    otherTurns.removeAll { $0 == caller }
    bytes -= line.bytes
    count -= line.count
  }

  /// Takes the next call that ends something.
  mutating func nextEnding() -> (call: Call, caller: String)? {
    guard let caller = endingTurns.first, let entry = lines[caller]?.endings.popFirst() else { return nil }
    endingTurns.removeFirst()
    if lines[caller]?.endings.isEmpty == false { endingTurns.append(caller) }
    return taken(entry, caller)
  }

  /// Takes the next of the other calls.
  ///
  /// - Parameter allows: whether a caller may get a large answer now; nil if none may.
  mutating func nextOther(large allows: ((String) -> Bool)?) -> (call: Call, kind: Kind, caller: String)? {
    let turn = otherTurns.firstIndex { caller in
      guard let first = lines[caller]?.others.first else { return false }
      return first.kind != .large || (allows?(caller) ?? false)
    }
    guard let turn else { return nil }
    let caller = otherTurns.remove(at: turn)
    guard let entry = lines[caller]?.others.popFirst() else { return nil }
    if lines[caller]?.others.isEmpty == false { otherTurns.append(caller) }
    return (taken(entry, caller).call, entry.kind, caller)
  }

  private mutating func taken(_ entry: Entry, _ caller: String) -> (call: Call, caller: String) {
    if entry.kind == .beginning { lines[caller]?.beginnings -= 1 }
    lines[caller]?.bytes -= entry.bytes
    if lines[caller]?.count == 0 { lines[caller] = nil }
    bytes -= entry.bytes
    count -= 1
    return (entry.call, caller)
  }
}

/// First in, first out.
struct Fifo<Element> {
  private var elements: [Element?] = []
  private var head = 0

  var count: Int { elements.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Element? { isEmpty ? nil : elements[head] }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let first = elements[head]
    elements[head] = nil
    head += 1
    if head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return first
  }
}
