// A program that has everything with it: it reads /etc/resolv.conf and asks by UDP, and trusts the
// machine's roots by a static OpenSSL. Prints what is answered to GET https://NAME/ for each NAME.
#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr const char* kRoots = "/etc/ssl/certs/ca-certificates.crt";
constexpr timeval kPatience{10, 0};

struct Socket {
  explicit Socket(int type) : number(::socket(AF_INET, type, 0)) {
    ::setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  }
  ~Socket() { ::close(number); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  void connect(const std::string& address, std::uint16_t port) const {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &there.sin_addr) != 1 ||
        ::connect(number, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0) {
      throw std::runtime_error("no connection to " + address);
    }
  }
  int number;
};

std::string name_server() {
  std::ifstream file("/etc/resolv.conf");
  for (std::string word; file >> word;) {
    if (word == "nameserver" && file >> word) return word;
  }
  throw std::runtime_error("no name server");
}

unsigned number_at(const std::string& bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes.at(at)) << 8 |
         static_cast<unsigned char>(bytes.at(at + 1));
}

std::size_t after_name(const std::string& bytes, std::size_t at) {
  for (;; at += 1U + static_cast<unsigned char>(bytes[at])) {
    if (bytes.at(at) == 0) return at + 1;
    if (static_cast<unsigned char>(bytes[at]) >= 0xC0) return at + 2;
  }
}

/// RFC 1035 §4.1. Throws out_of_range when the message ends too early.
std::string first_address(const std::string& answer) {
  constexpr std::size_t kHeader = 12;
  std::size_t at = after_name(answer, kHeader) + 4;
  for (unsigned left = number_at(answer, 6); left > 0; --left) {
    at = after_name(answer, at);
    const bool address = number_at(answer, at) == 1;
    const unsigned size = number_at(answer, at + 8);
    at += 10;
    if (address) {
      std::string text(INET_ADDRSTRLEN, '\0');
      ::inet_ntop(AF_INET, &answer.at(at), text.data(), INET_ADDRSTRLEN);
      return text.substr(0, text.find('\0'));
    }
    at += size;
  }
  throw std::out_of_range("no address");
}

std::string address_of(const std::string& name) {
  std::string question("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    question += static_cast<char>(end - at);
    question += name.substr(at, end - at);
    at = end + 1;
  }
  question += std::string("\0\0\1\0\1", 5);
  const Socket socket(SOCK_DGRAM);
  socket.connect(name_server(), 53);
  std::string answer(512, '\0');
  if (::send(socket.number, question.data(), question.size(), 0) < 0) {
    throw std::runtime_error("the name server is not reached");
  }
  const ssize_t got = ::recv(socket.number, answer.data(), answer.size(), 0);
  answer.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return first_address(answer);
}

std::string fetch(const std::string& name) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context.get(), kRoots, nullptr) != 1) {
    throw std::runtime_error("no roots");
  }
  const Socket socket(SOCK_STREAM);
  socket.connect(address_of(name), 443);
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(tls.get(), socket.number);
  SSL_set_tlsext_host_name(tls.get(), name.c_str());
  SSL_set1_host(tls.get(), name.c_str());
  if (SSL_connect(tls.get()) != 1) throw std::runtime_error("no TLS with " + name);
  const std::string request = "GET / HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n";
  SSL_write(tls.get(), request.data(), static_cast<int>(request.size()));
  std::string answer;
  std::string part(4'096, '\0');
  for (int got = 0; (got = SSL_read(tls.get(), part.data(), static_cast<int>(part.size()))) > 0;) {
    answer += part.substr(0, static_cast<std::size_t>(got));
  }
  return answer;
}

}  // namespace

int main(int count, char** words) {
  try {
    for (int i = 1; i < count; ++i) std::cout << fetch(words[i]) << '\n';
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
