//! What every mock sink does whatever its protocol: books, web address, test certificates.
