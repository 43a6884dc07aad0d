// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs

  /// What the name servers have said; nil is nothing yet.
  struct NameAnswers {
    var addresses: NameServers.Outcome?
    var pointers: NameServers.Outcome?
    /// By name.
    var services: [String: NameServers.Outcome] = [:]
    var serviceHosts: [String: NameServers.Outcome] = [:]

    private static let maximumServices = 8

    /// The names from NAPTR; without it, the constructed ones.
    func serviceNames(of question: NameQuestion) -> [NameQuestion.Service] {
      let pointed = (pointers?.records ?? []).sorted { ($0.order, $0.weight) < ($1.order, $1.weight) }
        .compactMap { record -> NameQuestion.Service? in
          guard record.flags.lowercased() == "s", !record.name.isEmpty,
            let transport = Self.transport(record.service.uppercased())
          else { return nil }
          return (record.name, transport)
        }
      return pointed.isEmpty ? question.services : Array(pointed.prefix(Self.maximumServices))
    }

    /// The best ones come first.
    func chosenServices(
      _ names: [NameQuestion.Service]
    ) -> [(record: NameServers.Record, transport: Target.Transport)] {
      let sorted = names.map { name, transport in
        ServiceOrder.sorted(services[name]?.records ?? []).filter { !$0.isRoot && $0.port != 0 }.map { ($0, transport) }
      }
      return Array(sorted.joined().prefix(Self.maximumServices))
    }

    /// The root as the only target (RFC 2782).
    func areRefusals(of question: NameQuestion) -> Bool {
      let records = serviceNames(of: question).flatMap { services[$0.name]?.records ?? [] }
      return !records.isEmpty && records.allSatisfy(\.isRoot)
    }

    private static func transport(_ service: String) -> Target.Transport? {
      ["SIP+D2U": .udp, "SIP+D2T": .tcp, "SIPS+D2T": .tls][service]
    }
  }

  extension NameServers.Record {
    fileprivate var isRoot: Bool { name == "." || name.isEmpty }
  }
#endif
