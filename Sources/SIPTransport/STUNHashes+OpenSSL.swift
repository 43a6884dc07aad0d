// SPDX-License-Identifier: Apache-2.0
#if SIP
  public import NATTraversal

  extension STUNHashes {
    public static let openSSL = STUNHashes(
      md5: { DigestHash.hash("MD5", $0) }, sha1: { DigestHash.hash("SHA1", $0) },
      sha256: { DigestHash.hash("SHA2-256", $0) })
  }
#endif
