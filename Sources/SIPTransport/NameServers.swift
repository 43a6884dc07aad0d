// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia

  /// The hosts file and the name servers of this machine.
  final class NameServers {
    struct Record: Equatable {
      /// Or a numeric address.
      var name: String
      var service = ""
      var flags = ""
      var order: UInt16 = 0
      var weight: UInt16 = 0
      var port: UInt16 = 0
    }

    enum Outcome: Equatable {
      case found([Record])
      case none
      case silence
      case failed(String)

      var records: [Record] {
        guard case .found(let records) = self else { return [] }
        return records
      }
    }

    /// Passed to C, and back once.
    private final class Question {
      let handler: (Outcome) -> Void

      init(_ handler: @escaping (Outcome) -> Void) { self.handler = handler }
    }

    private let hosts: OpaquePointer
    private let servers: OpaquePointer

    /// The timeout of a name server's first try; the second try has twice that.
    private static let patience: Int32 = 1500

    init(_ loop: SIPLoop) throws(TransportError) {
      guard let hosts = csofia_resolver_create(loop.reference, "f", Self.patience) else { throw .agent }
      guard let servers = csofia_resolver_create(loop.reference, "b", Self.patience) else {
        csofia_resolver_destroy(hosts)
        throw .agent
      }
      (self.hosts, self.servers) = (hosts, servers)
    }

    /// Pending questions are not answered any more.
    deinit {
      csofia_resolver_destroy(hosts)
      csofia_resolver_destroy(servers)
    }

    /// From the hosts file; answered before this returns.
    func hosts(_ name: String, _ handler: @escaping (Outcome) -> Void) {
      csofia_resolve_addresses(hosts, name, Self.found, Self.context(handler))
    }

    func addresses(_ name: String, _ handler: @escaping (Outcome) -> Void) {
      csofia_resolve_addresses(servers, name, Self.found, Self.context(handler))
    }

    func services(_ name: String, _ handler: @escaping (Outcome) -> Void) {
      csofia_resolve_services(servers, name, Self.found, Self.context(handler))
    }

    func pointers(_ name: String, _ handler: @escaping (Outcome) -> Void) {
      csofia_resolve_pointers(servers, name, Self.found, Self.context(handler))
    }

    /// Kept until the answer, which comes exactly once, even at the end.
    private static func context(_ handler: @escaping (Outcome) -> Void) -> UnsafeMutableRawPointer {
      Unmanaged.passRetained(Question(handler)).toOpaque()
    }

    private static let found: csofia_names_found = { context, status, names, count, text in
      guard let context else { return }
      let question = Unmanaged<Question>.fromOpaque(context).takeRetainedValue()
      switch status {
      case CSOFIA_NAMES_CANCELLED: break
      case CSOFIA_NAMES_FOUND:
        let records = UnsafeBufferPointer(start: names, count: count).map(Record.init)
        question.handler(records.isEmpty ? .none : .found(records))
      case CSOFIA_NAMES_NONE: question.handler(.none)
      case CSOFIA_NAMES_SILENCE: question.handler(.silence)
      default: question.handler(.failed(text.map { String(cString: $0) } ?? "unknown"))
      }
    }
  }

  extension NameServers.Record {
    init(_ name: csofia_name) {
      self.init(
        name: name.name.map { String(cString: $0) } ?? "", service: name.service.map { String(cString: $0) } ?? "",
        flags: name.flags.map { String(cString: $0) } ?? "", order: name.order, weight: name.weight, port: name.port)
    }
  }
#endif
