//! Modbus TCP as Hoymiles DTUs speak it, and their register map as a table.
